/*
 * The namespace: looking a name up through directories, symbolic links and parse methods, entering new objects, names
 * of objects. Not modelled: per-logon device maps (\?? is global), quotas.
 */
#include "obp.h"

#define OBP_MAXIMUM_REPARSES 32

/* ---- lookup ---- */

static BOOLEAN ObpIgnoreCase(ULONG Attributes)
{
    return (Attributes & OBJ_CASE_INSENSITIVE) != 0;
}

/* Cuts the first component off Rest, which then starts with a backslash or is empty. */
static VOID ObpSplitName(PUNICODE_STRING Rest, PUNICODE_STRING Component)
{
    USHORT Chars = 0;

    while (Chars < Rest->Length / sizeof(WCHAR) && Rest->Buffer[Chars] != OBJ_NAME_PATH_SEPARATOR)
        Chars++;
    Component->Buffer = Rest->Buffer;
    Component->Length = Component->MaximumLength = (USHORT)(Chars * sizeof(WCHAR));
    Rest->Buffer += Chars;
    Rest->Length -= Component->Length;
    Rest->MaximumLength = Rest->Length;
}

static VOID ObpSkipSeparator(PUNICODE_STRING Rest)
{
    Rest->Buffer++;
    Rest->Length -= sizeof(WCHAR);
    Rest->MaximumLength = Rest->Length;
}

/* Replaces *Current, a referenced object, by its entry called Component. */
static NTSTATUS ObpStep(PVOID *Current, PCUNICODE_STRING Component, ULONG Attributes)
{
    PVOID Next = ObpFindEntry(*Current, Component, ObpIgnoreCase(Attributes));

    if (Next == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ObReferenceObject(Next);
    ObDereferenceObject(*Current);
    *Current = Next;
    return STATUS_SUCCESS;
}

typedef struct _OBP_WALK { /* the fixed arguments of one lookup */
    ULONG Attributes;
    POBJECT_TYPE Type;
    KPROCESSOR_MODE Mode;
    PACCESS_STATE AccessState;
    PVOID ParseContext;
    BOOLEAN Insert;
    POBP_LOOKUP Lookup;
} OBP_WALK, *POBP_WALK;

/* Lets Current's type resolve what is left. Current's reference is consumed. */
static NTSTATUS ObpParse(POBP_WALK Walk, PVOID Current, PUNICODE_STRING Rest)
{
    OB_PARSE_METHOD Parse = OBP_TYPE_OF(Current)->TypeInfo.ParseProcedure;
    NTSTATUS Status;

    Walk->Lookup->Object = NULL;
    Status = Parse(Current, Walk->Type, Walk->AccessState, Walk->Mode, Walk->Attributes, &Walk->Lookup->CompleteName,
                   Rest, Walk->ParseContext, &Walk->Lookup->Object);
    ObDereferenceObject(Current);
    if (NT_SUCCESS(Status) && Status != STATUS_REPARSE && Walk->Lookup->Object == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return Status;
}

static NTSTATUS ObpNotFound(POBP_WALK Walk, POBP_DIRECTORY Directory, PCUNICODE_STRING Component,
                            PCUNICODE_STRING Rest)
{
    if (Rest->Length == 0 && Walk->Insert) {
        Walk->Lookup->Directory = Directory; /* with its reference */
        Walk->Lookup->Leaf = *Component;
        return STATUS_SUCCESS;
    }
    ObDereferenceObject(Directory);
    return Rest->Length == 0 ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
}

/* Walks Rest down from Current, whose reference is consumed. STATUS_REPARSE: CompleteName is new. */
static NTSTATUS ObpWalk(POBP_WALK Walk, PVOID Current, UNICODE_STRING Rest)
{
    UNICODE_STRING Component;

    for (;;) {
        POBJECT_TYPE Type = OBP_TYPE_OF(Current);

        if (Type->TypeInfo.ParseProcedure != NULL)
            return ObpParse(Walk, Current, &Rest);
        if (Rest.Length == 0) {
            Walk->Lookup->Object = Current;
            return STATUS_SUCCESS;
        }
        if (Type != ObpDirectoryObjectType) {
            ObDereferenceObject(Current);
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
        if (Rest.Buffer[0] == OBJ_NAME_PATH_SEPARATOR)
            ObpSkipSeparator(&Rest);
        ObpSplitName(&Rest, &Component);
        if (Component.Length == 0) {
            ObDereferenceObject(Current);
            return STATUS_OBJECT_NAME_INVALID;
        }
        if (!NT_SUCCESS(ObpStep(&Current, &Component, Walk->Attributes)))
            return ObpNotFound(Walk, Current, &Component, &Rest);
    }
}

/* Where the walk starts: the root directory or the object behind Root. Rest is what remains of the name. */
static NTSTATUS ObpStart(POBP_WALK Walk, HANDLE Root, PUNICODE_STRING Rest, PVOID *Start)
{
    BOOLEAN Absolute = Rest->Length != 0 && Rest->Buffer[0] == OBJ_NAME_PATH_SEPARATOR;

    if (Root != NULL) {
        NTSTATUS Status;

        if (Absolute)
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        Status = ObReferenceObjectByHandle(Root, 0, NULL, Walk->Mode, Start, NULL);
        if (NT_SUCCESS(Status) && OBP_TYPE_OF(*Start) == ObpSymbolicLinkObjectType) {
            ObDereferenceObject(*Start);
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
        return Status;
    }
    if (!Absolute)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (Rest->Length == sizeof(WCHAR))
        ObpSkipSeparator(Rest); /* "\" alone is the root itself */
    ObReferenceObject(ObpRootDirectory);
    *Start = ObpRootDirectory;
    return STATUS_SUCCESS;
}

NTSTATUS ObpLookupName(HANDLE Root, PCUNICODE_STRING Name, ULONG Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                       PACCESS_STATE AccessState, PVOID ParseContext, BOOLEAN Insert, POBP_LOOKUP Lookup)
{
    OBP_WALK Walk = {Attributes, Type, Mode, AccessState, ParseContext, Insert, Lookup};
    ULONG Reparses;
    NTSTATUS Status;

    RtlZeroMemory(Lookup, sizeof(*Lookup));
    Status = ObpDuplicateName(Name, &Lookup->CompleteName);
    if (!NT_SUCCESS(Status))
        return Status;
    for (Reparses = 0; Reparses <= OBP_MAXIMUM_REPARSES; Reparses++) {
        UNICODE_STRING Rest = Lookup->CompleteName;
        PVOID Start;

        Status = ObpStart(&Walk, Root, &Rest, &Start);
        if (NT_SUCCESS(Status))
            Status = ObpWalk(&Walk, Start, Rest);
        if (Status != STATUS_REPARSE)
            return Status;
        Root = NULL; /* a reparse goes on at the top */
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

VOID ObpReleaseLookup(POBP_LOOKUP Lookup)
{
    if (Lookup->Object != NULL)
        ObDereferenceObject(Lookup->Object);
    if (Lookup->Directory != NULL)
        ObDereferenceObject(Lookup->Directory);
    ObpFreeName(&Lookup->CompleteName);
}

/* ---- opening ---- */

static NTSTATUS ObpFindNamed(POBP_CREATE_INFO Info, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PACCESS_STATE State,
                             PVOID ParseContext, PVOID *Object)
{
    OBP_LOOKUP Lookup;
    NTSTATUS Status;

    Status = ObpLookupName(Info->RootDirectory, &Info->Name, Info->Attributes, Type, Mode, State, ParseContext, FALSE,
                           &Lookup);
    if (NT_SUCCESS(Status) && Type != NULL && OBP_TYPE_OF(Lookup.Object) != Type)
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    if (NT_SUCCESS(Status)) {
        *Object = Lookup.Object;
        Lookup.Object = NULL;
    }
    ObpReleaseLookup(&Lookup);
    return Status;
}

static NTSTATUS ObpOpenFound(PVOID Object, POBP_CREATE_INFO Info, KPROCESSOR_MODE Mode, PACCESS_STATE State,
                             PHANDLE Handle)
{
    ACCESS_MASK Granted;
    OB_OPEN_REASON Reason = ObOpenHandle;
    NTSTATUS Status;

    /* A parse method may have made the object just now, without inserting it (files). */
    if ((OBP_HEADER(Object)->Flags & OBP_FLAG_NEW) != 0) {
        OBP_HEADER(Object)->Flags &= ~OBP_FLAG_NEW;
        ObpFreeCreateInfo(OBP_HEADER(Object));
        Reason = ObCreateHandle;
        Status = ObpGrantCreator(Object, State, Mode, &Granted);
    } else {
        Status = ObpCheckAccess(Object, State, Mode, Info->Attributes, &Granted);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    return ObpCreateHandle(Reason, Object, Granted, Info->Attributes, Mode, NULL, NULL, Handle);
}

NT_EXPORT(ObOpenObjectByName);
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                  PACCESS_STATE AccessState, ACCESS_MASK Access, PVOID ParseContext, PHANDLE Handle)
{
    OBP_CREATE_INFO Info;
    ACCESS_STATE LocalState;
    SE_AUX_DATA Aux;
    PACCESS_STATE State = AccessState;
    PVOID Object = NULL;
    NTSTATUS Status;

    *Handle = NULL;
    if (Attributes == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = ObpCaptureAttributes(Attributes, Mode, &Info);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Type != NULL && (Info.Attributes & Type->TypeInfo.InvalidAttributes) != 0) {
        Status = STATUS_INVALID_PARAMETER;
        goto ReleaseCapture;
    }
    if (State == NULL) {
        State = &LocalState;
        Status = SeCreateAccessState(State, &Aux, Access, Type ? &Type->TypeInfo.GenericMapping : NULL);
        if (!NT_SUCCESS(Status))
            goto ReleaseCapture;
    }
    State->SecurityDescriptor = Info.SecurityDescriptor;
    Status = ObpFindNamed(&Info, Type, Mode, State, ParseContext, &Object);
    if (NT_SUCCESS(Status)) {
        Status = ObpOpenFound(Object, &Info, Mode, State, Handle);
        ObDereferenceObject(Object);
    }
    State->SecurityDescriptor = NULL;
    if (State == &LocalState)
        SeDeleteAccessState(State);
ReleaseCapture:
    ObpReleaseCapture(&Info);
    return Status;
}

NT_EXPORT(ObReferenceObjectByName);
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE AccessState,
                                       ACCESS_MASK Access, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                       PVOID ParseContext, PVOID *Object)
{
    OBP_CREATE_INFO Info = {.Attributes = Attributes, .ProbeMode = Mode};
    ACCESS_STATE LocalState;
    SE_AUX_DATA Aux;
    PACCESS_STATE State = AccessState;
    ACCESS_MASK Granted;
    NTSTATUS Status;

    if (Type == NULL)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (Name == NULL || Name->Length == 0 || Name->Length % sizeof(WCHAR) != 0)
        return STATUS_OBJECT_NAME_INVALID;
    Info.Name = *Name;
    if (State == NULL) {
        State = &LocalState;
        Status = SeCreateAccessState(State, &Aux, Access, &Type->TypeInfo.GenericMapping);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    Status = ObpFindNamed(&Info, Type, Mode, State, ParseContext, Object);
    if (NT_SUCCESS(Status)) {
        Status = ObpCheckAccess(*Object, State, Mode, Attributes, &Granted);
        if (!NT_SUCCESS(Status)) {
            ObDereferenceObject(*Object);
            *Object = NULL;
        }
    }
    if (State == &LocalState)
        SeDeleteAccessState(State);
    return Status;
}

/* ---- insertion ---- */

/* Checks that Mode may create an object of Type in Directory. */
static NTSTATUS ObpCheckCreate(POBP_DIRECTORY Directory, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PACCESS_STATE State)
{
    ACCESS_MASK Needed = Type == ObpDirectoryObjectType ? DIRECTORY_CREATE_SUBDIRECTORY : DIRECTORY_CREATE_OBJECT;
    PSECURITY_DESCRIPTOR Descriptor = ObGetDescriptor(Directory);
    ACCESS_MASK Granted;
    NTSTATUS Status;

    if (Mode == KernelMode || Descriptor == NULL)
        return STATUS_SUCCESS;
    if (SeAccessCheck(Descriptor, &State->SubjectSecurityContext, FALSE, Needed, 0, NULL,
                      &ObpDirectoryObjectType->TypeInfo.GenericMapping, Mode, &Granted, &Status))
        return STATUS_SUCCESS;
    return Status;
}

static NTSTATUS ObpEnterNew(PVOID Object, POBP_LOOKUP Lookup, POBP_CREATE_INFO Info, PACCESS_STATE State)
{
    NTSTATUS Status;

    Status = ObpCheckCreate(Lookup->Directory, OBP_TYPE_OF(Object), Info->ProbeMode, State);
    if (NT_SUCCESS(Status))
        Status = ObpAssignSecurity(Object, Lookup->Directory, State);
    if (NT_SUCCESS(Status))
        Status = ObpDuplicateName(&Lookup->Leaf, &OBP_INFO_OF(Object)->Name);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!ObpInsertEntry(Lookup->Directory, Object, ObpIgnoreCase(Info->Attributes))) {
        ObpFreeName(&OBP_INFO_OF(Object)->Name); /* another processor was faster */
        return STATUS_OBJECT_NAME_COLLISION;
    }
    return STATUS_SUCCESS;
}

/* Names Object, or finds the older one that OBJ_OPENIF allows: *Result, referenced. */
static NTSTATUS ObpNameObject(PVOID Object, POBP_CREATE_INFO Info, PACCESS_STATE State, PVOID *Result)
{
    POBJECT_TYPE Type = OBP_TYPE_OF(Object);
    OBP_LOOKUP Lookup;
    NTSTATUS Status;

    Status = ObpLookupName(Info->RootDirectory, &Info->Name, Info->Attributes, Type, Info->ProbeMode, State,
                           Info->ParseContext, TRUE, &Lookup);
    if (NT_SUCCESS(Status) && Lookup.Object == NULL) {
        Status = ObpEnterNew(Object, &Lookup, Info, State);
        *Result = Object;
        ObReferenceObject(Object);
    } else if (NT_SUCCESS(Status)) {
        if ((Info->Attributes & OBJ_OPENIF) == 0)
            Status = STATUS_OBJECT_NAME_COLLISION;
        else if (OBP_TYPE_OF(Lookup.Object) != Type)
            Status = STATUS_OBJECT_TYPE_MISMATCH;
        else
            Status = STATUS_OBJECT_NAME_EXISTS;
        *Result = Lookup.Object;
        ObReferenceObject(Lookup.Object);
    }
    ObpReleaseLookup(&Lookup);
    return Status;
}

static NTSTATUS ObpInsertUnnamed(PVOID Object, PACCESS_STATE State, PVOID *Result)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if ((OBP_TYPE_OF(Object)->TypeInfo.ObjectTypeFlags & OBP_TYPE_SECURITY_REQUIRED) != 0)
        Status = ObpAssignSecurity(Object, NULL, State);
    *Result = Object;
    ObReferenceObject(Object);
    return Status;
}

static NTSTATUS ObpInsert(PVOID Object, POBP_CREATE_INFO Info, PACCESS_STATE State, ULONG Bias, PVOID *NewObject,
                          PHANDLE Handle)
{
    PVOID Target = NULL;
    ACCESS_MASK Granted;
    NTSTATUS Status, HandleStatus = STATUS_SUCCESS;
    BOOLEAN Existed;

    if (Info->Name.Length != 0)
        Status = ObpNameObject(Object, Info, State, &Target);
    else
        Status = ObpInsertUnnamed(Object, State, &Target);
    Existed = Status == STATUS_OBJECT_NAME_EXISTS;
    if (NT_SUCCESS(Status) && Handle != NULL) {
        HandleStatus = Existed ? ObpCheckAccess(Target, State, Info->ProbeMode, Info->Attributes, &Granted)
                               : ObpGrantCreator(Target, State, Info->ProbeMode, &Granted);
        if (NT_SUCCESS(HandleStatus))
            HandleStatus = ObpCreateHandle(Existed ? ObOpenHandle : ObCreateHandle, Target, Granted, Info->Attributes,
                                           Info->ProbeMode, NULL, NULL, Handle);
        if (!NT_SUCCESS(HandleStatus)) {
            Status = HandleStatus;
            ObpRemoveEntry(Object); /* nothing happens when it was not entered */
        }
    }
    if (NT_SUCCESS(Status)) {
        OBP_HEADER(Object)->Flags &= ~OBP_FLAG_NEW;
        while (Bias-- > 0)
            ObReferenceObject(Target);
        if (NewObject != NULL)
            *NewObject = Target;
    }
    if (Target != NULL)
        ObDereferenceObject(Target);
    return Status;
}

NT_EXPORT(ObInsertObject);
NTSTATUS NTAPI ObInsertObject(PVOID Object, PACCESS_STATE AccessState, ACCESS_MASK Access, ULONG ObjectPointerBias,
                              PVOID *NewObject, PHANDLE Handle)
{
    POBJECT_HEADER Header = OBP_HEADER(Object);
    POBP_CREATE_INFO Info = Header->CreateInfo;
    ACCESS_STATE LocalState;
    SE_AUX_DATA Aux;
    PACCESS_STATE State = AccessState;
    NTSTATUS Status;

    DD_ASSERT(Info != NULL);
    if (State == NULL) {
        State = &LocalState;
        Status = SeCreateAccessState(State, &Aux, Access, &OBP_TYPE_OF(Object)->TypeInfo.GenericMapping);
        if (!NT_SUCCESS(Status)) {
            ObDereferenceObject(Object);
            return Status;
        }
    }
    State->SecurityDescriptor = Info->SecurityDescriptor;
    Header->CreateInfo = NULL;
    Status = ObpInsert(Object, Info, State, ObjectPointerBias, NewObject, Handle);
    Header->CreateInfo = Info;
    ObpFreeCreateInfo(Header);
    State->SecurityDescriptor = NULL;
    if (State == &LocalState)
        SeDeleteAccessState(State);
    if (!NT_SUCCESS(Status) || Handle != NULL || Status == STATUS_OBJECT_NAME_EXISTS)
        ObDereferenceObject(Object);
    return Status;
}

/* ---- permanence ---- */

NT_EXPORT(ObMakeTemporaryObject);
VOID NTAPI ObMakeTemporaryObject(PVOID Object)
{
    OBP_HEADER(Object)->Flags &= ~OBP_FLAG_PERMANENT;
    if (OBP_HEADER(Object)->HandleCount == 0)
        ObpRemoveEntry(Object);
}

NT_SERVICE(MakeTemporaryObject);
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE Handle)
{
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, DELETE, NULL, ExGetPreviousMode(), &Object, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    ObMakeTemporaryObject(Object);
    ObDereferenceObject(Object);
    return STATUS_SUCCESS;
}

/* ---- names of objects ---- */

/* Bytes of Object's full path, without a terminator. */
static ULONG ObpPathBytes(PVOID Object)
{
    ULONG Bytes = 0;

    if (Object == ObpRootDirectory)
        return sizeof(WCHAR);
    while (Object != ObpRootDirectory) {
        POBP_INFO Info = OBP_INFO_OF(Object);

        if (Info->Directory == NULL)
            return 0; /* it, or a directory above it, has lost its name */
        Bytes += sizeof(WCHAR) + Info->Name.Length;
        Object = Info->Directory;
    }
    return Bytes;
}

static VOID ObpWritePath(PVOID Object, PUCHAR End)
{
    if (Object == ObpRootDirectory)
        *(PWCHAR)(End - sizeof(WCHAR)) = OBJ_NAME_PATH_SEPARATOR;
    while (Object != ObpRootDirectory) {
        POBP_INFO Info = OBP_INFO_OF(Object);

        End -= Info->Name.Length;
        RtlCopyMemory(End, Info->Name.Buffer, Info->Name.Length);
        End -= sizeof(WCHAR);
        *(PWCHAR)End = OBJ_NAME_PATH_SEPARATOR;
        Object = Info->Directory;
    }
}

NT_EXPORT(ObQueryNameString);
NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION Info, ULONG Length, PULONG ReturnLength)
{
    OB_QUERYNAME_METHOD Query = OBP_TYPE_OF(Object)->TypeInfo.QueryNameProcedure;
    ULONG Bytes = ObpPathBytes(Object);

    if (Query != NULL)
        return Query(Object, Bytes != 0, Info, Length, ReturnLength, KernelMode);
    *ReturnLength = sizeof(*Info) + (Bytes != 0 ? Bytes + sizeof(WCHAR) : 0);
    if (Length < *ReturnLength)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlZeroMemory(Info, sizeof(*Info));
    if (Bytes == 0)
        return STATUS_SUCCESS;
    Info->Name.Buffer = (PWSTR)(Info + 1);
    Info->Name.Length = (USHORT)Bytes;
    Info->Name.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    ObpWritePath(Object, (PUCHAR)Info->Name.Buffer + Bytes);
    Info->Name.Buffer[Bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}
