"""What must hold: laws, the cases they are searched over, the tolerances they are judged by, and a rigorous arbiter.

A law is a plain function of (implementation, case). The same law runs on the reference, on the torch code, and on
anybody else's implementation of the same formula, because it builds every object through ``implementation.module``.
"""
