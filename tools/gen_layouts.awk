# Makes static asserts of abi/layouts.tsv: structure TAB field or (size) TAB offset TAB size.
BEGIN {
    FS = "\t"
    print "/* Generated from abi/layouts.tsv. */"
    print "#ifdef NT_KERNEL\n#include \"nt.h\"\n#else\n#include <ntifs.h>\n#include <ntimage.h>\n#endif"
}
/^#/ || NF < 4 { next }
$2 == "(size)" { printf "_Static_assert(sizeof(%s) == %s, \"%s\");\n", $1, $4, $1; next }
{
    printf "_Static_assert(__builtin_offsetof(%s, %s) == %s, \"%s.%s\");\n", $1, $2, $3, $1, $2
    if ($4 != "-")
        printf "_Static_assert(sizeof(((%s *)0)->%s) == %s, \"size of %s.%s\");\n", $1, $2, $4, $1, $2
}
