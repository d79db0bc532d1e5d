# Judges what clang made of each job; called by check-gpu-codegen, which explains the rules. Prints the table; violations go
# to standard error, and make the exit status 1.
function violation(text) { print where ": " text > "/dev/stderr"; failed = 1 }
function min(a, b) { return a < b ? a : b }
function ceil(a, step) { return int((a + step - 1) / step) * step }
function option(name, absent) { return match(defines, "-D" name "=[0-9]+") ? substr(defines, RSTART + length(name) + 3, RLENGTH - length(name) - 3) + 0 : absent }

# Matrices that term() and emit() of the op read: reads["term"], reads["emit"] and reads["both"].
function read_op(    file, line, part, name, names, scalars) {
  if (op in op_seen) return
  op_seen[op] = 1
  file = ops op ".cl"
  reads[op, "term"] = reads[op, "emit"] = reads[op, "both"] = writes[op] = 0
  while ((getline line < file) > 0) {
    if (line ~ /^#define MATRIX_OUT/) writes[op] = 1
    if (line ~ /^#define WANTS_REST/) rests[op] = 1    # rows may be read once more
    if (line ~ /^#define SCALARS/)                     # each(real, scale): an argument
      while (match(line, /, [a-z_]+\)/)) {
        scalars[op, substr(line, RSTART + 2, RLENGTH - 3)] = 1
        line = substr(line, RSTART + RLENGTH)
      }
    if (!match(line, /elem (term|emit)\(Element at/)) continue
    part = substr(line, RSTART + 5, 4)
    while (match(line, /at\.[a-z]+/)) {
      name = substr(line, RSTART + 3, RLENGTH - 3)
      line = substr(line, RSTART + RLENGTH)
      if ((op, name) in scalars) continue
      if (name == "exp") reads[op, "emit"] = reads[op, "term"]
      else {
        if (!((op, part, name) in names)) { names[op, part, name] = 1; reads[op, part]++ }
        if (!((op, name) in names)) { names[op, name] = 1; reads[op, "both"]++ }
      }
    }
  }
  close(file)
}

# What is found in the code of each entry point, by its name.
function read_code(    file, line, entry, run) {
  delete found; delete runs; delete entries; count = 0
  file = folder "/" name ".s"
  while ((getline line < file) > 0) {
    if (line ~ /^[a-z_0-9]+__[a-z_0-9]+:/) { entry = line; sub(/:.*/, "", entry); entries[++count] = entry; run = 0 }
    else if (line ~ /^\.LBB|s_waitcnt.*vmcnt/) run = 0
    else if (line ~ /global_load_dwordx4/) { if (run == 0) found[entry, "runs"]++; found[entry, "loads"]++; runs[entry, found[entry, "runs"]] = ++run }
    else if (line ~ /global_store_dwordx4/) found[entry, "stores"]++
    else if (line ~ /global_load_dword |flat_load_dword/) found[entry, "narrow"]++
    else if (line ~ /s_swappc_b64/) found[entry, "calls"]++
    else if (line ~ /^; TotalNumVgprs:/) found[entry, "vgprs"] = after(line)
    else if (line ~ /^; ScratchSize:/) found[entry, "scratch"] = after(line)
  }
  close(file)
  file = folder "/" same ".ptx"
  while ((getline line < file) > 0) {
    if (line ~ /\.entry /) { entry = line; sub(/.*\.entry /, "", entry); sub(/\(.*/, "", entry) }
    else if (line ~ /ld\.global[a-z.]*\.v4\./) found[entry, "ptx loads"]++
    else if (line ~ /st\.global[a-z.]*\.v4\./) found[entry, "ptx stores"]++
    else if (line ~ /ld\.global/) found[entry, "ptx narrow"]++
    else if (line ~ /\.local|call\.|call /) found[entry, "ptx local"]++
  }
  close(file)
  file = folder "/" name ".ptxas"
  while ((getline line < file) > 0) {
    if (match(line, /entry function '[^']*'/)) entry = substr(line, RSTART + 16, RLENGTH - 17)
    if (match(line, /Used [0-9]+ registers/)) found[entry, "registers"] = substr(line, RSTART + 5, RLENGTH - 15) + 0
    if (line ~ /[1-9][0-9]* bytes (stack frame|spill)/) found[entry, "ptxas spills"] = line
  }
  close(file)
}
function after(line) { sub(/.*: */, "", line); return line + 0 }

# The longest run of wide loads that is not taken yet is, and must have ITEMS of them.
function take_run(entry, what,    r, best) {
  for (r = 1; r <= found[entry, "runs"]; r++) if (best == 0 || runs[entry, r] > runs[entry, best]) best = r
  if (best == 0 || runs[entry, best] < vectors)
    violation("narrow: " what " needs " vectors " loads of 16 bytes in flight, gfx90a has " (best ? runs[entry, best] : 0))
  if (best) runs[entry, best] = 0
}
function judge_entry(entry,    kind, vectors, reduced, emitted, wide, groups, held, cell) {
  where = row ", " entry substr(label, length(op) + 1)
  kind = entry ~ /__partial$/ ? "partial" : entry ~ /__finish$/ ? "finish" : geometry ~ /online/ ? "online" : geometry ~ /^strided/ ? "strided" : "held"
  vectors = items * int(v / 4)
  emits = writes[op] && (defines !~ /HAS_(LOSS|LSE)/ || defines ~ /HAS_DX/)
  reduced = kind == "finish" ? 0 : vectors * reads[op, "term"]
  emitted = kind == "partial" || !emits ? 0 : vectors * reads[op, "emit"]
  if (kind == "held") { reduced = vectors * (emits ? reads[op, "both"] : reads[op, "term"]); emitted = 0 }

  if (found[entry, "scratch"] > 0 || found[entry, "calls"]) violation("spills: " found[entry, "scratch"] + 0 " bytes of scratch, " found[entry, "calls"] + 0 " calls on gfx90a")
  if (found[entry, "ptx local"]) violation("spills: local memory or a call in the PTX for sm_80")
  if ((entry, "ptxas spills") in found) violation("spills: sm_80," found[entry, "ptxas spills"])

  if (kind == "strided") reduced = emitted = 0         # adjacent work-items load adjacent elements, 4 bytes each
  else if (v < 4) violation("narrow: V=" v " cannot load 16 bytes")
  if (reduced) take_run(entry, "reducing")
  if (emitted) take_run(entry, "emitting")
  wide = reduced + emitted
  if (min(found[entry, "loads"], found[entry, "ptx loads"]) < wide)
    violation("narrow: needs " wide " loads of 16 bytes, found " found[entry, "loads"] + 0 " and " found[entry, "ptx loads"] + 0)
  if (emits && kind != "partial" && kind != "strided" && min(found[entry, "stores"], found[entry, "ptx stores"]) < vectors)
    violation("narrow: needs " vectors " stores of 16 bytes, found " found[entry, "stores"] + 0 " and " found[entry, "ptx stores"] + 0)
  most = (3 + rests[op]) * v * reads[op, "both"] + 8
  if (kind != "strided" && (found[entry, "narrow"] > most || found[entry, "ptx narrow"] > most))
    violation("narrow: " found[entry, "narrow"] + 0 " and " found[entry, "ptx narrow"] + 0 " loads of 4 bytes, at most " most " are right")

  held = 16 * max(max(reduced, emitted), kind == "finish" && !emitted ? 0 : vectors)       # bytes of a work-item's vectors
  groups = int(min(8, int(512 / ceil(found[entry, "vgprs"], 8))) * 4 / (ceil(local, 64) / 64))
  cell = found[entry, "vgprs"]
  if (groups < (kind == "held" ? 2 : 1)) violation("registers: " found[entry, "vgprs"] " on gfx90a leave room for " groups " group of " local)
  if (wide && groups * local * held < 24576)
    violation("registers: " found[entry, "vgprs"] " on gfx90a leave " groups * local * held " bytes in flight")
  if ((entry, "registers") in found) {
    groups = min(32, int(int(65536 / (ceil(found[entry, "registers"], 8) * 32)) / (ceil(local, 32) / 32)))
    groups = min(groups, int(2048 / local))
    cell = cell " / " found[entry, "registers"]
    if (groups < (kind == "held" && local * held < 65536 ? 2 : 1))
      violation("registers: " found[entry, "registers"] " on sm_80 leave room for " groups " group of " local)
    if (wide && groups * local * held < 24576)
      violation("registers: " found[entry, "registers"] " on sm_80 leave " groups * local * held " bytes in flight")
  }
  line = row (kind == "partial" || kind == "finish" ? " " kind : "")
  if (!(line in line_seen)) { line_seen[line] = 1; lines[++line_count] = line }
  cells[line, label] = cell
}
function max(a, b) { return a > b ? a : b }
{
  name = $1; same = $2; row = $3; label = $4; op = $5; geometry = $6; defines = $7
  v = option("V", 4); items = option("ITEMS", 4); local = option("GROUP", 64) * option("ROWS", 1)
  if (!(label in label_seen)) { label_seen[label] = 1; labels[++label_count] = label }
  where = row ", " label
  read_op(); read_code()
  if (!count) violation("no entry point")
  for (e = 1; e <= count; e++) judge_entry(entries[e])
}
END {
  head = "| |"; rule = "|---|"
  for (l = 1; l <= label_count; l++) {
    text = labels[l]; gsub(/HAS_/, "", text); gsub(/_/, " ", text)
    head = head " " tolower(text) " |"; rule = rule "---|"
  }
  print head; print rule
  for (r = 1; r <= line_count; r++) {
    text = "| `" lines[r] "` |"
    for (l = 1; l <= label_count; l++) text = text " " cells[lines[r], labels[l]] " |"
    print text
  }
  exit failed
}
