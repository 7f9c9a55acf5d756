# ptxas -v (stderr) -> kernel, arch, registers, shared bytes, stack bytes, spill stores, spill loads
/Function properties for/ { kernel = $NF }
/bytes stack frame/ {
  match($0, /[0-9]+ bytes stack/); stack = substr($0, RSTART) + 0
  match($0, /[0-9]+ bytes spill stores/); stores = substr($0, RSTART) + 0
  match($0, /[0-9]+ bytes spill loads/); loads = substr($0, RSTART) + 0
}
/Used [0-9]+ registers/ {
  match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5) + 0
  shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART) + 0 : 0
  printf "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", kernel, arch, registers, shared, stack, stores, loads
}
