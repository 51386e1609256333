/*
 * The end of DLLs: references of those who loaded them and of those who import from them. When the
 * last goes, the entry point is told, the image is unmapped, and what it imports from loses a
 * reference. What was loaded with the program, and what forwarders lead to, stays. Not modelled:
 * thread-local storage of other threads goes with those threads.
 */
#include "ntdll.h"

NTSTATUS NTAPI LdrUnloadDll(PVOID Handle);
NTSTATUS NTAPI LdrAddRefDll(ULONG Flags, PVOID Handle);

#define LDRP_ADDREF_PIN 1u

/* Modules that are to go: the one that was asked for before those it needs. */
typedef struct _LDRP_GOING_LIST {
    LIST_ENTRY Modules; /* InInitializationOrderLinks, taken out of their list */
} LDRP_GOING_LIST;

static VOID LdrpDrop(PPSP_LDR_ENTRY Module, LDRP_GOING_LIST *Going)
{
    WCHAR Buffer[LDRP_NAME_CHARS];
    LDRP_IMPORT *Import = NULL;
    UNICODE_STRING Text;
    LDRP_NAME Name;

    if ((Module->State & (LDRP_PINNED | LDRP_GOING)) != 0 || --Module->LoadCount != 0)
        return;
    Module->State |= LDRP_GOING;
    RemoveEntryList(&Module->InInitializationOrderLinks);
    InsertTailList(&Going->Modules, &Module->InInitializationOrderLinks);
    while ((Import = LdrpNextImport(Module, Import, Buffer, &Text)) != NULL) {
        PPSP_LDR_ENTRY Exporter =
            NT_SUCCESS(LdrpMakeName(&Text, &Name)) ? LdrpFindByName(&Name.Base) : NULL;

        if (Exporter != NULL)
            LdrpDrop(Exporter, Going);
    }
}

static VOID LdrpForget(PPSP_LDR_ENTRY Module)
{
    PVOID Heap = NtCurrentPebBlock()->ProcessHeap;

    RemoveEntryList(&Module->InLoadOrderLinks);
    RemoveEntryList(&Module->InMemoryOrderLinks);
    RemoveEntryList(&Module->InInitializationOrderLinks);
    NtUnloadUserImage(Module->DllBase);
    RtlFreeHeap(Heap, 0, Module->FullDllName.Buffer);
    RtlFreeHeap(Heap, 0, Module);
}

VOID LdrpRelease(PPSP_LDR_ENTRY Module)
{
    LDRP_GOING_LIST Going;
    PLIST_ENTRY Link;

    InitializeListHead(&Going.Modules);
    LdrpDrop(Module, &Going);
    /* All are told while all are still there. */
    for (Link = Going.Modules.Flink; Link != &Going.Modules; Link = Link->Flink) {
        Module = CONTAINING_RECORD(Link, PSP_LDR_ENTRY, InInitializationOrderLinks);
        if (Module->State & LDRP_INITIALIZED)
            LdrpCallModule(Module, LDRP_PROCESS_DETACH, NULL);
    }
    while (!IsListEmpty(&Going.Modules))
        LdrpForget(
            CONTAINING_RECORD(Going.Modules.Flink, PSP_LDR_ENTRY, InInitializationOrderLinks));
}

NT_EXPORT(LdrUnloadDll);
NTSTATUS NTAPI LdrUnloadDll(PVOID Handle)
{
    PPSP_LDR_ENTRY Module;

    RtlEnterCriticalSection(&LdrpLock);
    Module = LdrpFindModule(Handle);
    if (Module != NULL)
        LdrpRelease(Module);
    RtlLeaveCriticalSection(&LdrpLock);
    return Module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NT_EXPORT(LdrAddRefDll);
NTSTATUS NTAPI LdrAddRefDll(ULONG Flags, PVOID Handle)
{
    PPSP_LDR_ENTRY Module;

    if (Flags & ~LDRP_ADDREF_PIN)
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&LdrpLock);
    Module = LdrpFindModule(Handle);
    if (Module != NULL && (Flags & LDRP_ADDREF_PIN) != 0)
        Module->State |= LDRP_PINNED;
    else if (Module != NULL)
        Module->LoadCount++;
    RtlLeaveCriticalSection(&LdrpLock);
    return Module != NULL ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}
