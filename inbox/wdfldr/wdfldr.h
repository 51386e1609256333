/*
 * wdfldr: what the loader and the framework library say to each other. The structures are those of the public binding
 * protocol [facts: kmdf_binding.md, sections 1, 2 and 6]; x64 layouts.
 */
#pragma once

#include <ntddk.h>

typedef VOID (*WDFLDR_FUNCTION)(VOID);

typedef struct _WDFLDR_VERSION {
    ULONG Major, Minor, Build;
} WDFLDR_VERSION;

/* What a client hands to WdfVersionBind. The part from MinimumVersionRequired on is there when Size says so. */
typedef struct _WDFLDR_BIND_INFO {
    ULONG Size;
    PWCHAR Component; /* L"KmdfLibrary" */
    WDFLDR_VERSION Version;
    ULONG FuncCount;
    WDFLDR_FUNCTION *FuncTable;
    PVOID Module; /* the loader's */
    ULONG *MinimumVersionRequired;
    BOOLEAN *ClientVersionHigherThanFramework;
    ULONG *FuncCountPtr;
    ULONG *StructCountPtr;
    SIZE_T **StructTable;
} WDFLDR_BIND_INFO, *PWDFLDR_BIND_INFO;
#define WDFLDR_BIND_INFO_SIZE_V1 0x30u
C_ASSERT(FIELD_OFFSET(WDFLDR_BIND_INFO, MinimumVersionRequired) == WDFLDR_BIND_INFO_SIZE_V1);
C_ASSERT(sizeof(WDFLDR_BIND_INFO) == 0x58);

typedef struct _WDFLDR_CLIENT_INFO { /* *Context of LibraryRegisterClient */
    ULONG Size;
    PUNICODE_STRING RegistryPath;
    PDRIVER_OBJECT DriverObject;
} WDFLDR_CLIENT_INFO, *PWDFLDR_CLIENT_INFO;

/* What the library hands to WdfRegisterLibrary. */
typedef struct _WDFLDR_LIBRARY_INFO {
    ULONG Size;
    NTSTATUS (NTAPI *LibraryCommission)(VOID);
    NTSTATUS (NTAPI *LibraryDecommission)(VOID);
    NTSTATUS (NTAPI *LibraryRegisterClient)(PWDFLDR_BIND_INFO Info, PVOID *ComponentGlobals, PVOID *Context);
    NTSTATUS (NTAPI *LibraryUnregisterClient)(PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals);
    WDFLDR_VERSION Version;
} WDFLDR_LIBRARY_INFO, *PWDFLDR_LIBRARY_INFO;
C_ASSERT(sizeof(WDFLDR_LIBRARY_INFO) == 0x38);

typedef struct _WDFLDR_CLASS_BIND_INFO {
    ULONG Size;
    PWCHAR ClassName;
    WDFLDR_VERSION Version;
    WDFLDR_FUNCTION *FunctionTable;
    ULONG FunctionTableCount;
    PVOID ClassBindInfo;
    PVOID ClientBindClass;
    PVOID ClientUnbindClass;
    PVOID ClassModule; /* the loader's */
} WDFLDR_CLASS_BIND_INFO, *PWDFLDR_CLASS_BIND_INFO;
C_ASSERT(sizeof(WDFLDR_CLASS_BIND_INFO) == 0x50);

typedef struct _WDFLDR_CLASS_LIBRARY_INFO {
    ULONG Size;
    WDFLDR_VERSION Version;
    NTSTATUS (NTAPI *ClassLibraryInitialize)(VOID);
    VOID (NTAPI *ClassLibraryDeinitialize)(VOID);
    NTSTATUS (NTAPI *ClassLibraryBindClient)(PWDFLDR_CLASS_BIND_INFO Info, PVOID ComponentGlobals);
    VOID (NTAPI *ClassLibraryUnbindClient)(PWDFLDR_CLASS_BIND_INFO Info, PVOID ComponentGlobals);
} WDFLDR_CLASS_LIBRARY_INFO, *PWDFLDR_CLASS_LIBRARY_INFO;
C_ASSERT(sizeof(WDFLDR_CLASS_LIBRARY_INFO) == 0x30);

typedef struct _WDFLDR_INTERFACE_HEADER {
    const GUID *InterfaceType;
    ULONG InterfaceSize;
} WDFLDR_INTERFACE_HEADER, *PWDFLDR_INTERFACE_HEADER;

/* All at PASSIVE_LEVEL. */
NTSTATUS NTAPI WdfVersionBind(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, PWDFLDR_BIND_INFO Info,
                              PVOID *ComponentGlobals);
NTSTATUS NTAPI WdfVersionUnbind(PUNICODE_STRING RegistryPath, PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals);
NTSTATUS NTAPI WdfVersionBindClass(PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals, PWDFLDR_CLASS_BIND_INFO Class);
VOID NTAPI WdfVersionUnbindClass(PWDFLDR_BIND_INFO Info, PVOID ComponentGlobals, PWDFLDR_CLASS_BIND_INFO Class);
NTSTATUS NTAPI WdfLdrQueryInterface(PWDFLDR_INTERFACE_HEADER Interface);
NTSTATUS NTAPI WdfRegisterLibrary(PWDFLDR_LIBRARY_INFO Info, PUNICODE_STRING ServicePath, PCUNICODE_STRING DeviceName);
NTSTATUS NTAPI WdfRegisterClassLibrary(PWDFLDR_CLASS_LIBRARY_INFO Info, PUNICODE_STRING ServicePath,
                                       PUNICODE_STRING DeviceName);
NTSTATUS NTAPI WdfLdrDiagnosticsValueByNameAsULONG(PUNICODE_STRING Name, PULONG Value);
