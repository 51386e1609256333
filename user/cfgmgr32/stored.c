/*
 * Properties by key that somebody has set, of devices, interfaces and classes: below the object's
 * key, as the kernel keeps them (kernel/pnp/stored.c). Left out: locales but the neutral one, since
 * the routines of cfgmgr32 have none.
 */
#include "cfgmgr.h"

#define STORED_TYPE 0xFFFF0000u
#define PATH_LIMIT 64
#define NAME_LIMIT 64

/* Properties\\{category}\\NNNN */
static VOID NameStored(const PROPERTY_KEY *Key, WCHAR Path[PATH_LIMIT])
{
    static const WCHAR Start[] = L"Properties\\";
    WCHAR *At = Path;
    ULONG i, Digits = 4;

    for (i = 0; Start[i] != 0; i++)
        *At++ = Start[i];
    CfgFormatGuid(&Key->Guid, At);
    At += GUID_LENGTH;
    *At++ = L'\\';
    while (Digits < 8 && Key->Id >> Digits * 4 != 0)
        Digits++;
    for (; Digits != 0; Digits--)
        *At++ = L"0123456789ABCDEF"[Key->Id >> (Digits - 1) * 4 & 15];
    *At = 0;
}

CONFIGRET CfgGetStored(HANDLE Base, const PROPERTY_KEY *Key, ULONG *Type, VOID *Buffer,
                       PULONG Bytes)
{
    WCHAR Path[PATH_LIMIT];
    CONFIGRET Result;
    HANDLE Stored;

    NameStored(Key, Path);
    Stored = CfgOpenKey(Base, Path);
    if (Stored == NULL)
        return CR_NO_SUCH_VALUE;
    Result = CfgReadValue(Stored, L"", Buffer, Bytes, Type);
    *Type &= ~STORED_TYPE;
    NtClose(Stored);
    return Result;
}

static CONFIGRET DeleteStored(HANDLE Base, const WCHAR *Path)
{
    HANDLE Stored = CfgOpenForWriting(Base, Path, FALSE);
    CONFIGRET Result = CR_SUCCESS;

    if (Stored == NULL)
        return CR_SUCCESS; /* there is none */
    if (!NT_SUCCESS(NtDeleteKey(Stored)))
        Result = CR_ACCESS_DENIED;
    NtClose(Stored);
    return Result;
}

CONFIGRET CfgSetStored(HANDLE Base, const PROPERTY_KEY *Key, ULONG Type, const VOID *Buffer,
                       ULONG Bytes)
{
    WCHAR Path[PATH_LIMIT];
    CONFIGRET Result;
    HANDLE Stored;
    ULONG i;

    if (Key->Id < 2 || (Type & ~0xFFFFu) != 0)
        return CR_INVALID_PROPERTY; /* [doc: DEFINE_DEVPROPKEY: numbers are from 2] */
    NameStored(Key, Path);
    if (Buffer == NULL)
        return DeleteStored(Base, Path);
    for (i = 0; Path[i] != 0; i++) { /* each key on the way */
        if (Path[i] != L'\\')
            continue;
        Path[i] = 0;
        Stored = CfgOpenForWriting(Base, Path, TRUE);
        Path[i] = L'\\';
        if (Stored == NULL)
            return CR_ACCESS_DENIED;
        NtClose(Stored);
    }
    Stored = CfgOpenForWriting(Base, Path, TRUE);
    if (Stored == NULL)
        return CR_ACCESS_DENIED;
    Result = CfgWriteValue(Stored, L"", STORED_TYPE | Type, Buffer, Bytes);
    NtClose(Stored);
    return Result;
}

static ULONG ParseHex(const WCHAR *Text)
{
    ULONG Value = 0;

    for (; *Text != 0; Text++)
        Value = Value * 16 + (*Text <= L'9' ? *Text - L'0' : CfgUpper(*Text) - L'A' + 10);
    return Value;
}

static VOID AddCategory(KEY_LIST *List, HANDLE Category, const WCHAR *Name)
{
    UNICODE_STRING Text = {GUID_LENGTH * sizeof(WCHAR), GUID_LENGTH * sizeof(WCHAR), (PWSTR)Name};
    WCHAR Number[NAME_LIMIT];
    ULONG Index;
    GUID Guid;

    if (CfgLength(Name) != GUID_LENGTH || !NT_SUCCESS(RtlGUIDFromString(&Text, &Guid)))
        return;
    for (Index = 0; CfgSubkeyName(Category, Index, Number, NAME_LIMIT); Index++)
        CfgAddKey(List, &Guid, ParseHex(Number));
}

VOID CfgAddStored(KEY_LIST *List, HANDLE Base)
{
    HANDLE Properties = CfgOpenKey(Base, L"Properties"), Category;
    WCHAR Name[NAME_LIMIT];
    ULONG Index;

    for (Index = 0; Properties != NULL && CfgSubkeyName(Properties, Index, Name, NAME_LIMIT);
         Index++) {
        Category = CfgOpenKey(Properties, Name);
        if (Category == NULL)
            continue;
        AddCategory(List, Category, Name);
        NtClose(Category);
    }
    if (Properties != NULL)
        NtClose(Properties);
}
