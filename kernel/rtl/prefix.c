/*
 * Unicode prefix tables: which of a set of path prefixes is the longest one that a path starts
 * with, at a component's end. The caller owns the entries and keeps them and their strings in
 * place. Ours is a list in insertion order through NextPrefixTree: NT's tables are short (device
 * prefixes). The caller serialises. Left out: NT's tree, so NodeTypeCode, NameLength, CaseMatch and
 * Links stay zero.
 */
#include "rtl.h"
#include "nls.h"

NT_EXPORT(RtlInitializeUnicodePrefix);
VOID NTAPI RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE Table)
{
    *Table = (UNICODE_PREFIX_TABLE){0};
}

/* FALSE when the same prefix, case counted, is there already. */
NT_EXPORT(RtlInsertUnicodePrefix);
BOOLEAN NTAPI RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE Table, PUNICODE_STRING Prefix,
                                     PUNICODE_PREFIX_TABLE_ENTRY Entry)
{
    PUNICODE_PREFIX_TABLE_ENTRY *Link = &Table->NextPrefixTree;

    for (; *Link != NULL; Link = &(*Link)->NextPrefixTree)
        if (RtlEqualUnicodeString((*Link)->Prefix, Prefix, FALSE))
            return FALSE;
    *Entry = (UNICODE_PREFIX_TABLE_ENTRY){.Prefix = Prefix};
    *Link = Entry;
    return TRUE;
}

NT_EXPORT(RtlRemoveUnicodePrefix);
VOID NTAPI RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE Table, PUNICODE_PREFIX_TABLE_ENTRY Entry)
{
    PUNICODE_PREFIX_TABLE_ENTRY Previous = NULL, *Link = &Table->NextPrefixTree;

    for (; *Link != NULL; Previous = *Link, Link = &(*Link)->NextPrefixTree) {
        if (*Link != Entry)
            continue;
        *Link = Entry->NextPrefixTree;
        if (Table->LastNextEntry == Entry) /* an enumeration goes on behind it */
            Table->LastNextEntry = Previous;
        return;
    }
}

/* Case counts before CaseInsensitiveIndex, not from there on. [doc] RtlFindUnicodePrefix */
static BOOLEAN RtlpIsPrefix(PCUNICODE_STRING Prefix, PCUNICODE_STRING Name,
                            ULONG CaseInsensitiveIndex)
{
    ULONG Units = Prefix->Length / sizeof(WCHAR);

    if (Prefix->Length > Name->Length)
        return FALSE;
    for (ULONG At = 0; At < Units; At++) {
        WCHAR A = Prefix->Buffer[At], B = Name->Buffer[At];
        if (A != B && (At < CaseInsensitiveIndex || RtlpUpcase(A) != RtlpUpcase(B)))
            return FALSE;
    }
    return Prefix->Length == Name->Length || Name->Buffer[Units] == '\\' ||
           (Units != 0 && Prefix->Buffer[Units - 1] == '\\');
}

NT_EXPORT(RtlFindUnicodePrefix);
PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE Table,
                                                       PUNICODE_STRING FullName,
                                                       ULONG CaseInsensitiveIndex)
{
    PUNICODE_PREFIX_TABLE_ENTRY Best = NULL;

    for (PUNICODE_PREFIX_TABLE_ENTRY Entry = Table->NextPrefixTree; Entry != NULL;
         Entry = Entry->NextPrefixTree)
        if ((Best == NULL || Entry->Prefix->Length > Best->Prefix->Length) &&
            RtlpIsPrefix(Entry->Prefix, FullName, CaseInsensitiveIndex))
            Best = Entry;
    return Best;
}

NT_EXPORT(RtlNextUnicodePrefix);
PUNICODE_PREFIX_TABLE_ENTRY NTAPI RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE Table, BOOLEAN Restart)
{
    if (Restart || Table->LastNextEntry == NULL)
        Table->LastNextEntry = Table->NextPrefixTree;
    else
        Table->LastNextEntry = Table->LastNextEntry->NextPrefixTree;
    return Table->LastNextEntry;
}
