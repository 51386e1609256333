/*
 * Object types: the table by index and the \ObjectTypes directory. A type is itself an object, of type "Type".
 * Not modelled: default objects for waits, quota charges by type.
 */
#include "obp.h"

POBJECT_TYPE ObpTypes[OBP_MAXIMUM_TYPES];
ULONG ObpTypeLimit = OBP_FIRST_TYPE;
POBJECT_TYPE ObpTypeObjectType;
POBP_DIRECTORY ObpTypeDirectory;

/* The pool tag of a type's objects: its name's first four characters, as NT does. */
static ULONG ObpTypeTag(PCWSTR Name)
{
    ULONG Tag = 0x20202020;
    ULONG i;

    for (i = 0; i < 4 && Name[i] != 0; i++)
        Tag = (Tag & ~(0xFFu << (8 * i))) | ((ULONG)(UCHAR)Name[i] << (8 * i));
    return Tag;
}

static VOID ObpFillTypeInfo(OBJECT_TYPE_INITIALIZER *Info, const OB_TYPE_INITIALIZER *From)
{
    Info->Length = sizeof(*Info);
    if (From->SecurityRequired)
        Info->ObjectTypeFlags |= OBP_TYPE_SECURITY_REQUIRED;
    if (From->MaintainHandleCount)
        Info->ObjectTypeFlags |= OBP_TYPE_MAINTAIN_HANDLE_COUNT;
    if (From->SupportsCallbacks)
        Info->ObjectTypeFlags |= OBP_TYPE_SUPPORTS_CALLBACKS;
    Info->InvalidAttributes = From->InvalidAttributes;
    Info->GenericMapping = From->GenericMapping;
    Info->ValidAccessMask = From->ValidAccessMask;
    Info->PoolType = From->PoolType;
    Info->OpenProcedure = From->Open;
    Info->CloseProcedure = From->Close;
    Info->DeleteProcedure = From->Delete;
    Info->ParseProcedure = From->Parse;
    Info->SecurityProcedure = From->Security;
    Info->QueryNameProcedure = From->QueryName;
    Info->OkayToCloseProcedure = From->OkayToClose;
    Info->WaitObjectOffset = From->WaitObjectOffset;
}

static VOID ObpInitType(POBJECT_TYPE Type, PCUNICODE_STRING Name, const OB_TYPE_INITIALIZER *Initializer)
{
    InitializeListHead(&Type->TypeList);
    InitializeListHead(&Type->CallbackList);
    Type->Name = *Name;
    Type->Index = (UCHAR)ObpTypeLimit;
    Type->Key = ObpTypeTag(Name->Buffer);
    ObpFillTypeInfo(&Type->TypeInfo, Initializer);
    ObpTypes[ObpTypeLimit++] = Type;
}

NTSTATUS ObCreateType(PCWSTR Name, const OB_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Result)
{
    UNICODE_STRING TypeName;
    POBJECT_TYPE Type;
    NTSTATUS Status;

    RtlInitUnicodeString(&TypeName, Name);
    if (ObpTypeDirectory != NULL && ObpFindEntry(ObpTypeDirectory, &TypeName, FALSE) != NULL)
        return STATUS_OBJECT_NAME_COLLISION;
    if (ObpTypeLimit == OBP_MAXIMUM_TYPES)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObpAllocateObject(ObpTypeObjectType, sizeof(*Type), (PVOID *)&Type);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObpDuplicateName(&TypeName, &OBP_INFO_OF(Type)->Name);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Type);
        return Status;
    }
    OBP_HEADER(Type)->Flags = OBP_FLAG_PERMANENT | OBP_FLAG_KERNEL;
    ObpInitType(Type, &OBP_INFO_OF(Type)->Name, Initializer);
    if (ObpTypeDirectory != NULL)
        ObpInsertEntry(ObpTypeDirectory, Type, FALSE);
    *Result = Type;
    return STATUS_SUCCESS;
}

/* The type of types describes itself: it is built by hand, then becomes an object like the others. */
static NTSTATUS ObpCreateTypeType(VOID)
{
    static struct _OBJECT_TYPE Seed;
    OB_TYPE_INITIALIZER Initializer = {.ValidAccessMask = OBJECT_TYPE_ALL_ACCESS, .WaitObjectOffset = MAXULONG};
    NTSTATUS Status;

    Seed.TypeInfo.PoolType = NonPagedPool;
    Seed.Key = 'epyT';
    Seed.Index = OBP_FIRST_TYPE;
    InitializeListHead(&Seed.TypeList);
    ObpTypeObjectType = &Seed;
    Status = ObCreateType(L"Type", &Initializer, &ObpTypeObjectType);
    if (!NT_SUCCESS(Status))
        return Status;
    RemoveEntryList(&OBP_INFO_OF(ObpTypeObjectType)->TypeLinks);
    InsertTailList(&ObpTypeObjectType->TypeList, &OBP_INFO_OF(ObpTypeObjectType)->TypeLinks);
    ObpTypeObjectType->TotalNumberOfObjects = 1;
    return STATUS_SUCCESS;
}

/* Types that were made before \ObjectTypes existed. */
static NTSTATUS ObpPublishTypes(VOID)
{
    NTSTATUS Status = ObpCreateDirectory(L"\\ObjectTypes", &ObpTypeDirectory);
    ULONG i;

    for (i = OBP_FIRST_TYPE; NT_SUCCESS(Status) && i < ObpTypeLimit; i++)
        ObpInsertEntry(ObpTypeDirectory, ObpTypes[i], FALSE);
    return Status;
}

static NTSTATUS ObpCreateNamespace(VOID)
{
    static const PCWSTR Directories[] = {
        L"\\",       L"\\Device",           L"\\Driver",   L"\\FileSystem",    L"\\GLOBAL??",
        L"\\Callback", L"\\BaseNamedObjects", L"\\KernelObjects", L"\\Security", L"\\Sessions"};
    static const struct {
        PCWSTR Path, Target;
    } Links[] = {
        {L"\\??", L"\\GLOBAL??"},
        {L"\\DosDevices", L"\\??"},
        {L"\\GLOBAL??\\GLOBALROOT", L""},
        {L"\\GLOBAL??\\Global", L"\\GLOBAL??"},
        {L"\\GLOBAL??\\C:", L"\\Device\\HarddiskVolume1"},
        {L"\\SystemRoot", L"\\Device\\HarddiskVolume1\\Windows"},
    };
    POBP_DIRECTORY Directory;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG i;

    for (i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Directories); i++)
        Status = ObpCreateDirectory(Directories[i], &Directory);
    for (i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Links); i++)
        Status = ObpCreateLink(Links[i].Path, Links[i].Target);
    return Status;
}

NTSTATUS ObInitSystem(VOID)
{
    NTSTATUS Status = ObpCreateTypeType();

    if (NT_SUCCESS(Status))
        Status = ObpInitDirectoryType();
    if (NT_SUCCESS(Status))
        Status = ObpInitLinkType();
    if (NT_SUCCESS(Status))
        Status = ObCreateHandleTable(NULL, &ObpKernelHandleTable);
    if (NT_SUCCESS(Status))
        Status = ObpCreateNamespace();
    if (NT_SUCCESS(Status))
        Status = ObpPublishTypes();
    return Status;
}

VOID ObEnumerateTypes(VOID (*Visit)(PVOID Context, PCUNICODE_STRING Name, ULONG Objects, ULONG Handles), PVOID Context)
{
    ULONG i;

    for (i = OBP_FIRST_TYPE; i < ObpTypeLimit; i++)
        Visit(Context, &ObpTypes[i]->Name, ObpTypes[i]->TotalNumberOfObjects, ObpTypes[i]->TotalNumberOfHandles);
}
