/*
 * ObRegisterCallbacks: drivers that watch, and may weaken, new handles to processes and threads. Entries hang on the
 * object type, highest altitude first; pre callbacks run from high to low, post callbacks from low to high. A handle
 * operation under way keeps the entries it called, and ObUnRegisterCallbacks waits for it, as NT does. Not modelled:
 * desktops; STATUS_ACCESS_DENIED for callbacks outside a signed image, because nothing here is signed.
 */
#include "obp.h"

typedef struct _OBP_CALLBACK_ENTRY {
    LIST_ENTRY Links; /* OBJECT_TYPE.CallbackList */
    struct _OBP_REGISTRATION *Registration;
    POBJECT_TYPE Type;
    OB_OPERATION Operations;
    POB_PRE_OPERATION_CALLBACK Pre;
    POB_POST_OPERATION_CALLBACK Post;
} OBP_CALLBACK_ENTRY, *POBP_CALLBACK_ENTRY;

typedef struct _OBP_REGISTRATION {
    UNICODE_STRING Altitude; /* its text follows the entries */
    PVOID Context;
    EX_RUNDOWN_REF Rundown; /* one for each operation between its pre and post callbacks */
    USHORT Count;
    OBP_CALLBACK_ENTRY Entry[];
} OBP_REGISTRATION, *POBP_REGISTRATION;

/* ---- altitudes: decimal numbers with an optional fraction, of any length ---- */

static PCWSTR ObpSkipZeros(PCWSTR At, PCWSTR End)
{
    while (At < End && *At == L'0')
        At++;
    return At;
}

static PCWSTR ObpFindPoint(PCWSTR At, PCWSTR End)
{
    while (At < End && *At != L'.')
        At++;
    return At;
}

static BOOLEAN ObpIsAltitude(PCUNICODE_STRING Text)
{
    USHORT Chars = Text->Length / sizeof(WCHAR);
    USHORT Digits = 0, Points = 0, i;

    for (i = 0; i < Chars; i++) {
        if (Text->Buffer[i] >= L'0' && Text->Buffer[i] <= L'9')
            Digits++;
        else if (Text->Buffer[i] == L'.')
            Points++;
        else
            return FALSE;
    }
    return Digits != 0 && Points <= 1;
}

/* Negative, zero or positive as A lies below, at or above B. */
static LONG ObpCompareAltitude(PCUNICODE_STRING A, PCUNICODE_STRING B)
{
    PCWSTR EndA = A->Buffer + A->Length / sizeof(WCHAR), EndB = B->Buffer + B->Length / sizeof(WCHAR);
    PCWSTR AtA = ObpSkipZeros(A->Buffer, EndA), AtB = ObpSkipZeros(B->Buffer, EndB);
    PCWSTR PointA = ObpFindPoint(AtA, EndA), PointB = ObpFindPoint(AtB, EndB);

    if (PointA - AtA != PointB - AtB)
        return PointA - AtA < PointB - AtB ? -1 : 1;
    for (; AtA < PointA; AtA++, AtB++)
        if (*AtA != *AtB)
            return *AtA < *AtB ? -1 : 1;
    for (AtA = PointA + 1, AtB = PointB + 1; AtA < EndA || AtB < EndB; AtA++, AtB++) {
        WCHAR DigitA = AtA < EndA ? *AtA : L'0', DigitB = AtB < EndB ? *AtB : L'0';

        if (DigitA != DigitB)
            return DigitA < DigitB ? -1 : 1;
    }
    return 0;
}

/* ---- registration ---- */

static BOOLEAN ObpIsOperationValid(const OB_OPERATION_REGISTRATION *Operation)
{
    const OB_OPERATION Known = OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE;

    if (Operation->ObjectType == NULL || *Operation->ObjectType == NULL || Operation->Operations == 0 ||
        (Operation->Operations & ~Known) != 0)
        return FALSE;
    if (Operation->PreOperation == NULL && Operation->PostOperation == NULL)
        return FALSE;
    return ((*Operation->ObjectType)->TypeInfo.ObjectTypeFlags & OBP_TYPE_SUPPORTS_CALLBACKS) != 0;
}

static NTSTATUS ObpCheckRegistration(const OB_CALLBACK_REGISTRATION *Registration)
{
    USHORT i;

    if ((Registration->Version & 0xFF00) != OB_FLT_REGISTRATION_VERSION ||
        Registration->OperationRegistrationCount == 0 || !ObpIsAltitude(&Registration->Altitude))
        return STATUS_INVALID_PARAMETER;
    for (i = 0; i < Registration->OperationRegistrationCount; i++)
        if (!ObpIsOperationValid(&Registration->OperationRegistration[i]))
            return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* The entry of Type's list in front of which Altitude belongs; NULL: the altitude is taken. */
static PLIST_ENTRY ObpFindPlace(POBJECT_TYPE Type, PCUNICODE_STRING Altitude)
{
    PLIST_ENTRY Link;

    for (Link = Type->CallbackList.Flink; Link != &Type->CallbackList; Link = Link->Flink) {
        POBP_CALLBACK_ENTRY Entry = CONTAINING_RECORD(Link, OBP_CALLBACK_ENTRY, Links);
        LONG Order = ObpCompareAltitude(&Entry->Registration->Altitude, Altitude);

        if (Order == 0)
            return NULL;
        if (Order < 0)
            break;
    }
    return Link;
}

static ULONG ObpCountEntries(POBJECT_TYPE Type)
{
    ULONG Count = 0;
    PLIST_ENTRY Link;

    for (Link = Type->CallbackList.Flink; Link != &Type->CallbackList; Link = Link->Flink)
        Count++;
    return Count;
}

static VOID ObpUnlinkEntries(POBP_REGISTRATION Registration, USHORT Count)
{
    while (Count-- > 0)
        RemoveEntryList(&Registration->Entry[Count].Links);
}

static NTSTATUS ObpLinkEntries(POBP_REGISTRATION Registration)
{
    USHORT i;

    for (i = 0; i < Registration->Count; i++) {
        POBP_CALLBACK_ENTRY Entry = &Registration->Entry[i];
        PLIST_ENTRY Place = ObpFindPlace(Entry->Type, &Registration->Altitude);

        if (Place == NULL || ObpCountEntries(Entry->Type) == OBP_MAXIMUM_CALLBACKS) {
            ObpUnlinkEntries(Registration, i);
            return Place == NULL ? STATUS_FLT_INSTANCE_ALTITUDE_COLLISION : STATUS_INSUFFICIENT_RESOURCES;
        }
        InsertTailList(Place, &Entry->Links);
    }
    return STATUS_SUCCESS;
}

static VOID ObpFillRegistration(POBP_REGISTRATION New, const OB_CALLBACK_REGISTRATION *From)
{
    USHORT i;

    New->Count = From->OperationRegistrationCount;
    New->Context = From->RegistrationContext;
    New->Altitude.Buffer = (PWSTR)&New->Entry[New->Count];
    New->Altitude.Length = New->Altitude.MaximumLength = From->Altitude.Length;
    RtlCopyMemory(New->Altitude.Buffer, From->Altitude.Buffer, From->Altitude.Length);
    ExInitializeRundownProtection(&New->Rundown);
    for (i = 0; i < New->Count; i++) {
        New->Entry[i].Registration = New;
        New->Entry[i].Type = *From->OperationRegistration[i].ObjectType;
        New->Entry[i].Operations = From->OperationRegistration[i].Operations;
        New->Entry[i].Pre = From->OperationRegistration[i].PreOperation;
        New->Entry[i].Post = From->OperationRegistration[i].PostOperation;
    }
}

NT_EXPORT(ObRegisterCallbacks);
NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION Registration, PVOID *RegistrationHandle)
{
    POBP_REGISTRATION New;
    NTSTATUS Status = ObpCheckRegistration(Registration);

    if (!NT_SUCCESS(Status))
        return Status;
    New = ExAllocatePool2(POOL_FLAG_NON_PAGED,
                          sizeof(*New) + Registration->OperationRegistrationCount * sizeof(New->Entry[0]) +
                              Registration->Altitude.Length,
                          OBP_TAG_CALLBACK);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObpFillRegistration(New, Registration);
    Status = ObpLinkEntries(New);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(New, OBP_TAG_CALLBACK);
        return Status;
    }
    *RegistrationHandle = New;
    return STATUS_SUCCESS;
}

NT_EXPORT(ObUnRegisterCallbacks);
VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle)
{
    POBP_REGISTRATION Registration = RegistrationHandle;

    ObpUnlinkEntries(Registration, Registration->Count);
    ExWaitForRundownProtectionRelease(&Registration->Rundown);
    ExFreePoolWithTag(Registration, OBP_TAG_CALLBACK);
}

NT_EXPORT(ObGetFilterVersion);
USHORT NTAPI ObGetFilterVersion(VOID)
{
    return OB_FLT_REGISTRATION_VERSION;
}

/* ---- running them ---- */

/* Takes the entries that want this operation, each kept by its registration's rundown protection. */
static VOID ObpCollectEntries(POBP_OPERATION Operation)
{
    PLIST_ENTRY Head = &Operation->Type->CallbackList, Link;

    Operation->Count = 0;
    for (Link = Head->Flink; Link != Head; Link = Link->Flink) {
        POBP_CALLBACK_ENTRY Entry = CONTAINING_RECORD(Link, OBP_CALLBACK_ENTRY, Links);

        if ((Entry->Operations & Operation->Operation) == 0 ||
            !ExAcquireRundownProtection(&Entry->Registration->Rundown))
            continue;
        Operation->CallContext[Operation->Count] = NULL;
        Operation->Entry[Operation->Count++] = Entry;
    }
}

VOID ObpPreOperation(POBP_OPERATION Operation, PEPROCESS Source, PEPROCESS Target, PACCESS_MASK Access)
{
    OB_PRE_OPERATION_PARAMETERS Parameters;
    OB_PRE_DUPLICATE_HANDLE_INFORMATION *Duplicate = &Parameters.DuplicateHandleInformation;
    ACCESS_MASK Original = *Access;
    ULONG i;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Duplicate->OriginalDesiredAccess = Original; /* both forms start with the two masks */
    Duplicate->DesiredAccess = Original;
    if (Operation->Operation == OB_OPERATION_HANDLE_DUPLICATE) {
        Duplicate->SourceProcess = Source;
        Duplicate->TargetProcess = Target;
    }
    ObpCollectEntries(Operation);
    for (i = 0; i < Operation->Count; i++) {
        OB_PRE_OPERATION_INFORMATION Info = {.Operation = Operation->Operation,
                                             .Object = Operation->Object,
                                             .ObjectType = Operation->Type,
                                             .Parameters = &Parameters};

        Info.KernelHandle = Operation->KernelHandle;
        if (Operation->Entry[i]->Pre == NULL)
            continue;
        Operation->Entry[i]->Pre(Operation->Entry[i]->Registration->Context, &Info);
        Operation->CallContext[i] = Info.CallContext;
        /* [doc OB_PRE_CREATE_HANDLE_INFORMATION]: rights can be taken away, never added */
        Duplicate->DesiredAccess &= Original;
        Duplicate->OriginalDesiredAccess = Original;
    }
    if (!Operation->KernelHandle)
        *Access = Duplicate->DesiredAccess;
}

VOID ObpPostOperation(POBP_OPERATION Operation, ACCESS_MASK Granted, NTSTATUS Status)
{
    OB_POST_OPERATION_PARAMETERS Parameters;
    ULONG i;

    Parameters.CreateHandleInformation.GrantedAccess = NT_SUCCESS(Status) ? Granted : 0;
    for (i = Operation->Count; i-- > 0;) {
        POBP_CALLBACK_ENTRY Entry = Operation->Entry[i];
        OB_POST_OPERATION_INFORMATION Info = {.Operation = Operation->Operation,
                                              .Object = Operation->Object,
                                              .ObjectType = Operation->Type,
                                              .CallContext = Operation->CallContext[i],
                                              .ReturnStatus = Status,
                                              .Parameters = &Parameters};

        Info.KernelHandle = Operation->KernelHandle;
        if (Entry->Post != NULL)
            Entry->Post(Entry->Registration->Context, &Info);
        ExReleaseRundownProtection(&Entry->Registration->Rundown);
    }
}
