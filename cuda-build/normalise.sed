# PTX 6.3 has no inlined_at, so a line of an inlined function keeps its own place and loses its caller's; with that go
# the only strings that depend on where the sources lie. Nor does it know what says which bytes of a load are used, a
# hint.
/^\t\.pragma "used_bytes_mask/d
s/^(\t\.loc\t[0-9 ]+), function_name .*/\1/
/^\t\.section\t\.debug_str/,/^\t\}/d
s|^(\t\.file\t[0-9]+) ".*/kernels/([^"]+)"|\1 "kernels/\2"|
s|^(\t\.file\t[0-9]+) "/.*/([^"/]+)"|\1 "cuda/\2"|
