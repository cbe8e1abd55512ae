"""The load of all submodules here: it makes an early name, calls the hook, and makes a late name."""

loads = []  # the modules whose load has begun, in order
hooks = {}  # by module, called in the middle of its load


class Made:
    """A thing that was made at a first touch."""

    def __init__(self, home):
        self.home = home


def load(module):
    loads.append(module.__name__)
    stem = module.__name__.rpartition(".")[2]
    vars(module).setdefault(f"{stem}_early", Made(module.__name__))
    hooks.get(module.__name__, lambda: None)()
    vars(module).setdefault(f"{stem}_late", Made(module.__name__))
