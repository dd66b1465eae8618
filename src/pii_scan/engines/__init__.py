"""Run the pipeline over many work units: on this machine's processors, or (a later extra) on a cluster."""
