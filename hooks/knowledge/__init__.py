"""Which knowledge a service answers with: chosen, examined, switched and taken back while it goes on answering.

``home`` keeps the sets and names the chosen one; ``examine`` refuses what must not be served; ``current`` is the engine
of a worker, ``follow`` the thread that switches it, ``workers`` tells who has; ``use`` is the command.
"""
