# resources.tsv -> resources.md
BEGIN { FS = "\t" }
NR == 1 { next }
!($1 in shared) { kernels[++n] = $1; shared[$1] = $4; spills[$1] = 0 }
!($2 in seen) { seen[$2] = 1; arches[++m] = $2 }
{ registers[$1, $2] = $3; spills[$1] += $6 + $7; if ($4 > shared[$1]) shared[$1] = $4 }
END {
  for (i = 1; i <= m; i++) for (j = i + 1; j <= m; j++)
    if (substr(arches[j], 4) + 0 < substr(arches[i], 4) + 0) { t = arches[i]; arches[i] = arches[j]; arches[j] = t }
  print "# What each kernel takes"
  print ""
  print "Made by `make -C cuda-build ptx` from `ptxas -v`: registers per thread on each architecture, static"
  print "shared memory in bytes, spilled bytes summed over all architectures (more than 0 fails the build)."
  print "`-`: tensor cores or clusters, which that architecture does not have in this precision."
  print ""
  line = "| kernel |"; rule = "|---|"
  for (i = 1; i <= m; i++) { line = line " " arches[i] " |"; rule = rule "---:|" }
  print line " shared | spills |"
  print rule "---:|---:|"
  for (k = 1; k <= n; k++) {
    line = "| `" kernels[k] "` |"
    for (i = 1; i <= m; i++) line = line " " ((kernels[k], arches[i]) in registers ? registers[kernels[k], arches[i]] : "-") " |"
    print line " " shared[kernels[k]] " | " spills[kernels[k]] " |"
  }
}
