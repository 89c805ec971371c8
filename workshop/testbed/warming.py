"""The first thing that the warm parent imports: until it has imported the last one, it looks for no garbage.

There is little, and to look takes a tenth of the time. What is here by then stays; see the end of `warm`.
"""

import gc

gc.disable()
