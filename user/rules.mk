# User mode: each folder user/NAME with an exports.def becomes build/system32/NAME.dll; programs are tests/programs/*.c.
