# Generates the table of host/report/bugcheck_table.h from abi/bugcheck_meanings.tsv, abi/bugchecks.tsv and
# abi/verifier_codes.tsv (in this order on the command line).
BEGIN {
    FS = "\t"
    print "/* Generated from abi/bugchecks.tsv, abi/bugcheck_meanings.tsv and abi/verifier_codes.tsv. */"
    print "#include \"report/bugcheck_table.h\"\n"
}
function text(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/"/, "\\\"", s)
    return s == "-" ? "\"\"" : "\"" s "\""
}
/^#/ || $1 == "code" || $1 == "kind" { next }
FILENAME ~ /meanings/ { meaning[$1] = $2; next }
FILENAME ~ /bugchecks/ {
    row[n++] = "    {" $1 ", " text($2) ", " text($3) ", {" text($4) ", " text($5) ", " text($6) ", " text($7) "}, " \
        text($8) ", " text(meaning[$1]) "},"
    next
}
$2 ~ /^0x[0-9A-Fa-f]+$/ {
    code = $1 ~ /^c4/ ? "0xC4" : "0xC9"
    rule[m++] = "    {" code ", " $2 ", " text($3) ", {" text($5) ", " text($6) ", " text($7) "}, " text($8) "},"
}
END {
    print "const struct bugcheck_row bugcheck_rows[] = {"
    for (i = 0; i < n; i++) print row[i]
    print "};\nconst size_t bugcheck_row_count = sizeof(bugcheck_rows) / sizeof(bugcheck_rows[0]);\n"
    print "const struct verifier_row verifier_rows[] = {"
    for (i = 0; i < m; i++) print rule[i]
    print "};\nconst size_t verifier_row_count = sizeof(verifier_rows) / sizeof(verifier_rows[0]);"
}
