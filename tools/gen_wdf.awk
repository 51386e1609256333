# Makes the mechanical part of the KMDF headers of abi/kmdf/*.tsv. -v out= says what:
#   types [-v usb=1]      enums, callback types and structures, those of <wdfusb.h> apart (include/wdf includes the result)
#   calls -v header=X.h   function pointer types and inline wrappers of the functions that <X.h> declares
#   indices               the function table's indices and lengths
#   protos table sizes    for the framework: prototypes, the table's rows, accepted structure sizes
#   asserts               static asserts of the structures, for the version that the compiler is told
# Usage: awk -v out=... -f tools/gen_wdf.awk abi/kmdf/{enums,callbacks,structs,functions}.tsv
BEGIN {
    FS = "\t"
    for (i = 0; i < 16; i++)
        digit[substr("0123456789abcdef", i + 1, 1)] = i
    lengths = "9=396 11=432 13=438 15=444 17=444 19=446 21=448 23=451 25=453 27=453 29=454 31=458 33=458"
    print "/* Generated from abi/kmdf by tools/gen_wdf.awk. */"
    if (out != "table" && out != "sizes" && out != "asserts")
        print "#pragma once"
}
FNR == 1 { n = split(FILENAME, path, "/"); table = path[n] }
/^#/ || FNR == 1 { next }
$1 == "enum" || $1 == "name" || $1 == "struct" || $1 == "index" { next } # column names
table == "enums.tsv" { read_enum(); next }
table == "callbacks.tsv" { ncallbacks++; cb_name[ncallbacks] = $1; cb_return[ncallbacks] = $2; cb_args[ncallbacks] = $3; next }
table == "structs.tsv" { read_field(); next }
table == "functions.tsv" { read_function(); next }

function read_enum()
{
    if (!($1 in enum_count))
        enums[++nenums] = $1
    k = ++enum_count[$1]
    enum_value[$1, k] = $2 " = " $3
    enum_late[$1, k] = $4 != ""
}

function read_field()
{
    if ($2 == "(size)") {
        structs[++nstructs] = $1
        struct_kind[$1] = $5
        struct_sizes[$1] = $7
        return
    }
    nfields++
    f_struct[nfields] = $1; f_name[nfields] = $2; f_offset[nfields] = $3
    f_size[nfields] = $4; f_type[nfields] = $5
    if (!($1 in first_field))
        first_field[$1] = nfields
    last_field[$1] = nfields
}

function read_function()
{
    nfunctions++
    fn_index[nfunctions] = $1; fn_name[nfunctions] = $2; fn_since[nfunctions] = minor($3)
    fn_return[nfunctions] = $4; fn_args[nfunctions] = $5
    fn_header[nfunctions] = $7 ~ /^\(private/ ? "wdfcx.h" : $7
}

function minor(version) { sub(/^1\./, "", version); return version + 0 }
function hex(text,    value, i)
{
    if (substr(text, 1, 2) != "0x")
        return text + 0
    for (i = 3; i <= length(text); i++)
        value = value * 16 + digit[tolower(substr(text, i, 1))]
    return value + 0
}
# The pairs of "1.0+ 0x18, 1.9+ 0x20" into size_minor and size_bytes; returns how many.
function split_sizes(text,    pairs, n, i, words)
{
    n = split(text, pairs, /, */)
    for (i = 1; i <= n; i++) {
        split(pairs[i], words, " ")
        sub(/\+$/, "", words[1])
        size_minor[i] = minor(words[1])
        size_bytes[i] = words[2]
    }
    return n
}
# The first minor version in which Structure is at least End bytes long.
function minor_of_end(structure, end,    n, i)
{
    n = split_sizes(struct_sizes[structure])
    for (i = 1; i <= n; i++)
        if (hex(size_bytes[i]) >= end)
            return size_minor[i]
    print "no version of " structure " is " end " bytes long" > "/dev/stderr"
    exit 1
}
function first_minor(structure) { split_sizes(struct_sizes[structure]); return size_minor[1] }
function begin_since(since) { if (since > 9) print "#if KMDF_VERSION_MINOR >= " since }
function end_since(since) { if (since > 9) print "#endif" }
function is_usb(name) { return name ~ /^(EVT_|PFN_)?_?(WDF_|WdfUsb)?USB/ || name ~ /^(EVT_|PFN_)WDF_USB/ }

function emit_enum(name,    k, n, late)
{
    n = enum_count[name]
    print "typedef enum _" name " {"
    for (k = 1; k <= n; k++) {
        if (enum_late[name, k] && !late)
            print "#if KMDF_VERSION_MINOR > 15"
        if (!enum_late[name, k] && late)
            print "#endif"
        late = enum_late[name, k]
        print "    " enum_value[name, k] ","
    }
    if (late)
        print "#endif"
    print "} " name ", *P" name ";"
}
function emit_enums(    i, whole)
{
    for (i = 1; i <= nenums; i++) {
        if (is_usb(enums[i]) != usb)
            continue
        whole = enum_late[enums[i], 1]
        if (whole)
            print "#if KMDF_VERSION_MINOR > 15"
        emit_enum(enums[i])
        if (whole)
            print "#endif"
    }
}
function parameters(args,    list, n, i, text)
{
    if (args == "")
        return "VOID"
    n = split(args, list, /; */)
    for (i = 1; i <= n; i++)
        text = text (i > 1 ? ", " : "") list[i]
    return text
}
function argument_names(args,    list, n, i, text, words, k)
{
    n = split(args, list, /; */)
    for (i = 1; i <= n; i++) {
        k = split(list[i], words, /[ *]+/)
        text = text ", " words[k]
    }
    return text
}
function emit_callbacks(    i, pointer)
{
    for (i = 1; i <= ncallbacks; i++) {
        if (is_usb(cb_name[i]) != usb)
            continue
        pointer = cb_name[i]
        sub(/^EVT_/, "PFN_", pointer)
        printf "typedef %s NTAPI %s(%s);\n", cb_return[i], cb_name[i], parameters(cb_args[i])
        printf "typedef %s *%s;\n", cb_name[i], pointer
    }
}
function declaration(type, name,    bracket)
{
    if (type == "GUID*" || type == "DEVPROPKEY*")
        type = "const " type
    bracket = index(type, "[")
    if (bracket)
        return substr(type, 1, bracket - 1) " " name substr(type, bracket)
    bracket = index(type, ":")
    if (bracket)
        return substr(type, 1, bracket - 1) " " name " : " substr(type, bracket + 1)
    return type " " name
}
function indent(depth,    text) { for (text = ""; depth > 0; depth--) text = text "    "; return text }
function close_to(depth)
{
    while (open_depth > depth) {
        print indent(open_depth) "} " open_name[open_depth] ";"
        open_depth--
    }
}
function emit_struct(name,    f, depth, parts, since, guarded)
{
    since = first_minor(name)
    begin_since(since)
    print struct_kind[name] " _" name " {"
    open_depth = 0
    for (f = first_field[name]; f <= last_field[name]; f++) {
        depth = split(f_name[f], parts, ".")
        close_to(depth - 1)
        if (depth == 1) {
            guarded = minor_of_end(name, hex(f_offset[f]) + f_size[f])
            if (guarded > since && guarded > 9 && guarded != in_guard) {
                if (in_guard)
                    print "#endif"
                begin_since(guarded)
                in_guard = guarded
            }
        }
        if (f_type[f] ~ /^(struct|union)\{/) {
            print indent(depth) substr(f_type[f], 1, index(f_type[f], "{") - 1) " {"
            open_name[++open_depth] = parts[depth]
        } else
            print indent(depth) declaration(f_type[f], parts[depth]) ";"
    }
    close_to(0)
    if (in_guard)
        print "#endif"
    in_guard = 0
    print "};"
    end_since(since)
}
function emit_types(    i)
{
    for (i = 1; !usb && i <= nstructs; i++) {
        printf "typedef %s _%s %s, *P%s;\n", struct_kind[structs[i]], structs[i], structs[i], structs[i]
        printf "typedef const %s *PC%s;\n", structs[i], structs[i]
    }
    emit_enums()
    emit_callbacks()
    for (i = 1; i <= nstructs; i++)
        if (is_usb(structs[i]) == usb)
            emit_struct(structs[i])
    # WDF_STRUCTURE_SIZE for a framework older than its client: the structure as of 1.25, the first that takes such clients.
    for (i = 1; i <= nstructs; i++)
        if (is_usb(structs[i]) == usb)
            printf "#define WDF_SIZE_AS_OF_1_25_%s %s\n", structs[i], size_at(structs[i], 25)
}
function size_at(name, version,    n, i, size)
{
    n = split_sizes(struct_sizes[name])
    for (i = 1; i <= n; i++)
        if (size_minor[i] <= version)
            size = size_bytes[i]
    return size == "" ? 0 : size
}
function emit_calls(    i, pointer, noreturn)
{
    for (i = 1; i <= nfunctions; i++) {
        if (fn_header[i] != header)
            continue
        pointer = "PFN_" toupper(fn_name[i])
        begin_since(fn_since[i])
        printf "typedef %s (NTAPI *%s)(%s);\n", fn_return[i], pointer, parameters(fn_args[i])
        if (fn_name[i] == "WdfDriverMiniportUnload") # by hand: see wdfminiport.h
            continue
        print "#ifndef WDF_FRAMEWORK"
        noreturn = fn_name[i] ~ /KeBugCheck$/
        sub(/^PWDF_DRIVER_GLOBALS DriverGlobals(; *)?/, "", fn_args[i])
        printf "%sFORCEINLINE %s %s(%s)\n{\n", (noreturn ? "DECLSPEC_NORETURN " : ""), fn_return[i], fn_name[i],
            parameters(fn_args[i])
        printf "    %s((%s)WdfFunctions[%sTableIndex])(WdfDriverGlobals%s);\n",
            (fn_return[i] == "VOID" ? "" : "return "),
            pointer, fn_name[i], argument_names(fn_args[i])
        if (noreturn)
            print "    __builtin_unreachable();"
        print "}\n#endif"
        end_since(fn_since[i])
    }
}
function emit_indices(    i, pairs, n, words, guarded)
{
    print "typedef enum _WDFFUNCENUM {"
    for (i = 1; i <= nfunctions; i++) {
        if (fn_since[i] != fn_since[i - 1] && fn_since[i] > 9) {
            if (guarded)
                print "#endif"
            begin_since(fn_since[i])
            guarded = 1
        }
        printf "    %sTableIndex = %d,\n", fn_name[i], fn_index[i]
    }
    if (guarded)
        print "#endif"
    print "} WDFFUNCENUM;"
    n = split(lengths, pairs, " ")
    for (i = 1; i <= n; i++) {
        split(pairs[i], words, "=")
        printf "%s KMDF_VERSION_MINOR == %d\n#define WdfFunctionTableNumEntries %d\n",
            (i > 1 ? "#elif" : "#if"), words[1], words[2]
    }
    print "#else\n#error There is no KMDF of this KMDF_VERSION_MINOR\n#endif"
}
function emit_protos(    i)
{
    for (i = 1; i <= nfunctions; i++)
        printf "%s NTAPI imp_%s(%s);\n", fn_return[i], fn_name[i], parameters(fn_args[i])
}
function emit_sizes(    i, n, k)
{
    for (i = 1; i <= nstructs; i++) {
        if (f_name[first_field[structs[i]]] != "Size")
            continue
        n = split_sizes(struct_sizes[structs[i]])
        for (k = 1; k <= n; k++)
            printf "FX_SIZE(%s, %d, %s)\n", structs[i], size_minor[k], size_bytes[k]
    }
}
function emit_asserts(    i, n, k, f, name, since)
{
    print "#include <ntddk.h>\n#include <wdf.h>\n#include <wdfusb.h>"
    for (i = 1; i <= nstructs; i++) {
        name = structs[i]
        since = first_minor(name)
        begin_since(since)
        n = split_sizes(struct_sizes[name])
        printf "_Static_assert(sizeof(%s) == (", name
        for (k = n; k > 1; k--)
            printf " (KMDF_VERSION_MINOR >= %d) ? %s :", size_minor[k], size_bytes[k]
        printf " %s), \"%s\");\n", size_bytes[1], name
        for (f = first_field[name]; f <= last_field[name]; f++) {
            if (f_type[f] ~ /:/)
                continue
            since = minor_of_end(name, hex(f_offset[f]) + f_size[f])
            begin_since(since)
            printf "_Static_assert(__builtin_offsetof(%s, %s) == %s && sizeof(((%s *)0)->%s) == %s, \"%s.%s\");\n",
                name, f_name[f], f_offset[f], name, f_name[f], f_size[f], name, f_name[f]
            end_since(since)
        }
        end_since(first_minor(name))
    }
}
END {
    if (out == "types") emit_types()
    else if (out == "calls") emit_calls()
    else if (out == "indices") emit_indices()
    else if (out == "protos") emit_protos()
    else if (out == "table")
        for (i = 1; i <= nfunctions; i++)
            printf "FX_ENTRY(%d, %s, %d)\n", fn_index[i], fn_name[i], fn_since[i]
    else if (out == "sizes") emit_sizes()
    else if (out == "asserts") emit_asserts()
    else { print "gen_wdf.awk: what is " out "?" > "/dev/stderr"; exit 1 }
}
