# Generates the table of host/report/problem.h from abi/problems.tsv.
BEGIN {
    FS = "\t"
    print "/* Generated from abi/problems.tsv. */\n#include \"report/problem.h\"\n"
    print "const struct problem_row problem_rows[] = {"
}
/^#/ { next }
{
    gsub(/"/, "\\\"", $3)
    print "    {" $1 ", \"" $2 "\", \"" $3 "\"},"
}
END { print "};\nconst size_t problem_row_count = sizeof(problem_rows) / sizeof(problem_rows[0]);" }
