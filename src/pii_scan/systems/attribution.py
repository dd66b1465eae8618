class Attribution:
    def __init__(self, t, r=()):
        pass

    def observe(self, ref, batch):
        pass

    def finish(self, ref, m):
        return None, ()
