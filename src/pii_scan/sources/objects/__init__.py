"""Object stores and shares on the network as sources: one module per kind of store. Loaded when one is named."""
