/*
 * <wdm.h>: mingw-w64's, put right and brought up to date. Found before mingw's own when -Iinclude/ddk comes first.
 *
 * Changed: IRQL routines are imports, as in kits since Windows 8 (DDK_INLINE_IRQL keeps the inlines that touch cr8);
 * DEVICE_OBJECT, DEVICE_DESCRIPTION, DMA_OPERATIONS and KWAIT_BLOCK have the layout of Windows 10 and 11. Added: see supplement/.
 */
#pragma once
#pragma GCC system_header

/* clang emits a copy of these two inlines in each object unless told that they are intrinsics. */
#ifndef __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#define __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#define __INTRINSIC_DEFINED_InterlockedBitTestAndReset
#endif
#ifndef _MM3DNOW_H_INCLUDED
#define _MM3DNOW_H_INCLUDED /* clang's header conflicts with mingw's intrin.h */
#endif

#ifndef _AMD64_
#define _AMD64_
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef NTDDI_VERSION
#define NTDDI_VERSION 0x0A00000B /* Windows 10, version 2004 and later: 19041..22000 */
#endif

#include "supplement/annotations.h"

#ifdef __cplusplus
#define InterlockedBitTestAndSet DdkMingwInterlockedBitTestAndSet
#define InterlockedBitTestAndReset DdkMingwInterlockedBitTestAndReset
#endif
#ifndef DDK_INLINE_IRQL
#define KeGetCurrentIrql DdkInlineKeGetCurrentIrql
#define KeLowerIrql DdkInlineKeLowerIrql
#define KfRaiseIrql DdkInlineKfRaiseIrql
#define KeRaiseIrqlToDpcLevel DdkInlineKeRaiseIrqlToDpcLevel
#define KeRaiseIrqlToSynchLevel DdkInlineKeRaiseIrqlToSynchLevel
#endif
/* DEVICE_OBJECT is aligned on 16 bytes: 0x150 long. The attribute goes on a field at an offset that is already. */
#define NextDevice NextDevice __attribute__((aligned(16)))
/* DEVICE_DESCRIPTION_VERSION3 has four fields after DmaPort. */
#define DmaPort DmaPort; ULONG DmaAddressWidth; ULONG DmaControllerInstance; ULONG DmaRequestLine; \
    PHYSICAL_ADDRESS DeviceAddress
/* DMA_OPERATIONS as of version 3, Windows 8. */
struct _DMA_ADAPTER_INFO;
struct _DMA_TRANSFER_INFO;
#define BuildMdlFromScatterGatherList BuildMdlFromScatterGatherList; \
    NTSTATUS(NTAPI *GetDmaAdapterInfo)(PDMA_ADAPTER DmaAdapter, struct _DMA_ADAPTER_INFO *AdapterInfo); \
    NTSTATUS(NTAPI *GetDmaTransferInfo)(PDMA_ADAPTER DmaAdapter, PMDL Mdl, ULONGLONG Offset, ULONG Length, \
                                        BOOLEAN WriteOnly, struct _DMA_TRANSFER_INFO *TransferInfo); \
    NTSTATUS(NTAPI *InitializeDmaTransferContext)(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext); \
    PVOID(NTAPI *AllocateCommonBufferEx)(PDMA_ADAPTER DmaAdapter, PPHYSICAL_ADDRESS MaximumAddress, ULONG Length, \
                                         PPHYSICAL_ADDRESS LogicalAddress, BOOLEAN CacheEnabled, \
                                         NODE_REQUIREMENT PreferredNode); \
    NTSTATUS(NTAPI *AllocateAdapterChannelEx)(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, \
                                              PVOID DmaTransferContext, ULONG NumberOfMapRegisters, ULONG Flags, \
                                              PDRIVER_CONTROL ExecutionRoutine, PVOID ExecutionContext, \
                                              PVOID *MapRegisterBase); \
    NTSTATUS(NTAPI *ConfigureAdapterChannel)(PDMA_ADAPTER DmaAdapter, ULONG FunctionNumber, PVOID Context); \
    BOOLEAN(NTAPI *CancelAdapterChannel)(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, \
                                         PVOID DmaTransferContext); \
    NTSTATUS(NTAPI *MapTransferEx)(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset, \
                                   ULONG DeviceOffset, PULONG Length, BOOLEAN WriteToDevice, \
                                   PSCATTER_GATHER_LIST ScatterGatherBuffer, ULONG ScatterGatherBufferLength, \
                                   PVOID DmaCompletionRoutine, PVOID CompletionContext); \
    NTSTATUS(NTAPI *GetScatterGatherListEx)(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, \
                                            PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset, ULONG Length, \
                                            ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, \
                                            BOOLEAN WriteToDevice, PVOID DmaCompletionRoutine, \
                                            PVOID CompletionContext, PSCATTER_GATHER_LIST *ScatterGatherList); \
    NTSTATUS(NTAPI *BuildScatterGatherListEx)(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, \
                                              PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset, ULONG Length, \
                                              ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context, \
                                              BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer, \
                                              ULONG ScatterGatherBufferLength, PVOID DmaCompletionRoutine, \
                                              PVOID CompletionContext, PVOID ScatterGatherList); \
    NTSTATUS(NTAPI *FlushAdapterBuffersEx)(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, \
                                           ULONGLONG Offset, ULONG Length, BOOLEAN WriteToDevice); \
    VOID(NTAPI *FreeAdapterObject)(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION AllocationAction); \
    NTSTATUS(NTAPI *CancelMappedTransfer)(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext)
#define _KWAIT_BLOCK _DDK_MINGW_KWAIT_BLOCK
#define KWAIT_BLOCK DDK_MINGW_KWAIT_BLOCK
#define PKWAIT_BLOCK PDDK_MINGW_KWAIT_BLOCK
#define PRKWAIT_BLOCK PRDDK_MINGW_KWAIT_BLOCK
#define KeWaitForMultipleObjects DdkMingwKeWaitForMultipleObjects

/* The kits' object types are no dllimport: the name is the import's slot, which holds the variable's address. */
#define CmKeyObjectType DdkMingwCmKeyObjectType
#define ExEventObjectType DdkMingwExEventObjectType
#define ExSemaphoreObjectType DdkMingwExSemaphoreObjectType
#define IoFileObjectType DdkMingwIoFileObjectType
#define PsThreadType DdkMingwPsThreadType
#define SeTokenObjectType DdkMingwSeTokenObjectType
#define PsProcessType DdkMingwPsProcessType
#define TmEnlistmentObjectType DdkMingwTmEnlistmentObjectType
#define TmResourceManagerObjectType DdkMingwTmResourceManagerObjectType
#define TmTransactionManagerObjectType DdkMingwTmTransactionManagerObjectType
#define TmTransactionObjectType DdkMingwTmTransactionObjectType

#include_next <wdm.h>

#ifdef __cplusplus
#undef InterlockedBitTestAndSet
#undef InterlockedBitTestAndReset
#define InterlockedBitTestAndSet _interlockedbittestandset
#define InterlockedBitTestAndReset _interlockedbittestandreset
#endif
#ifndef DDK_INLINE_IRQL
#undef KeGetCurrentIrql
#undef KeLowerIrql
#undef KfRaiseIrql
#undef KeRaiseIrqlToDpcLevel
#undef KeRaiseIrqlToSynchLevel
#endif
#undef NextDevice
#undef DmaPort
#undef BuildMdlFromScatterGatherList
#undef _KWAIT_BLOCK
#undef KWAIT_BLOCK
#undef PKWAIT_BLOCK
#undef PRKWAIT_BLOCK
#undef KeWaitForMultipleObjects
#undef CmKeyObjectType
#undef ExEventObjectType
#undef ExSemaphoreObjectType
#undef IoFileObjectType
#undef PsThreadType
#undef SeTokenObjectType
#undef PsProcessType
#undef TmEnlistmentObjectType
#undef TmResourceManagerObjectType
#undef TmTransactionManagerObjectType
#undef TmTransactionObjectType
#ifdef __cplusplus
extern "C" {
#endif
extern POBJECT_TYPE *CmKeyObjectType, *ExEventObjectType, *ExSemaphoreObjectType, *IoFileObjectType, *PsThreadType,
    *SeTokenObjectType, *PsProcessType, *TmEnlistmentObjectType, *TmResourceManagerObjectType,
    *TmTransactionManagerObjectType, *TmTransactionObjectType;
#ifdef __cplusplus
}
#endif

#include "supplement/pool.h"
#include "supplement/ke.h"
#include "supplement/ex.h"
#include "supplement/io.h"
#include "supplement/mm.h"
#include "supplement/rtl.h"
#include "supplement/po.h"
#include "supplement/tm.h"
