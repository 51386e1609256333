/*
 * Annotations of the kits that mingw's sal.h, specstrings.h and driverspecs.h lack. They all expand to nothing: they are
 * read by Microsoft's analysers only. [doc: "IRQL annotations for drivers", "Using function role type declarations"]
 */
#pragma once

#include <sal.h>
#include <specstrings.h>
#include <driverspecs.h>

/* without arguments */
#ifndef _IRQL_uses_cancel_
#define _IRQL_uses_cancel_
#endif
#ifndef _IRQL_is_cancel_
#define _IRQL_is_cancel_
#endif
#ifndef _IRQL_requires_same_
#define _IRQL_requires_same_
#endif
#ifndef _IRQL_saves_
#define _IRQL_saves_
#endif
#ifndef _IRQL_restores_
#define _IRQL_restores_
#endif
#ifndef __drv_sameIRQL
#define __drv_sameIRQL
#endif
#ifndef __drv_isCancelIRQL
#define __drv_isCancelIRQL
#endif
#ifndef __drv_useCancelIRQL
#define __drv_useCancelIRQL
#endif
#ifndef __drv_interlocked
#define __drv_interlocked
#endif
#ifndef __drv_isObjectPointer
#define __drv_isObjectPointer
#endif
#ifndef __drv_inTry
#define __drv_inTry
#endif
#ifndef __drv_notInTry
#define __drv_notInTry
#endif
#ifndef __drv_floatSaved
#define __drv_floatSaved
#endif
#ifndef __drv_floatRestored
#define __drv_floatRestored
#endif
#ifndef __drv_floatUsed
#define __drv_floatUsed
#endif
#ifndef __drv_constant
#define __drv_constant
#endif
#ifndef __drv_nonConstant
#define __drv_nonConstant
#endif
#ifndef __drv_notPointer
#define __drv_notPointer
#endif
#ifndef __drv_typeConst
#define __drv_typeConst
#endif
#ifndef __drv_strictTypeNone
#define __drv_strictTypeNone
#endif
#ifndef __drv_callbackType
#define __drv_callbackType
#endif
#ifndef __drv_IoGetDmaAdapter
#define __drv_IoGetDmaAdapter
#endif
#ifndef __drv_aliasesMem
#define __drv_aliasesMem
#endif
#ifndef __drv_acquiresCriticalRegion
#define __drv_acquiresCriticalRegion
#endif
#ifndef __drv_releasesCriticalRegion
#define __drv_releasesCriticalRegion
#endif
#ifndef __drv_mustHoldCriticalRegion
#define __drv_mustHoldCriticalRegion
#endif
#ifndef __drv_neverHoldCriticalRegion
#define __drv_neverHoldCriticalRegion
#endif
#ifndef __drv_acquiresCancelSpinLock
#define __drv_acquiresCancelSpinLock
#endif
#ifndef __drv_releasesCancelSpinLock
#define __drv_releasesCancelSpinLock
#endif
#ifndef __drv_mustHoldCancelSpinLock
#define __drv_mustHoldCancelSpinLock
#endif
#ifndef __drv_neverHoldCancelSpinLock
#define __drv_neverHoldCancelSpinLock
#endif
#ifndef __drv_acquiresPriorityRegion
#define __drv_acquiresPriorityRegion
#endif
#ifndef __drv_releasesPriorityRegion
#define __drv_releasesPriorityRegion
#endif
#ifndef __drv_mustHoldPriorityRegion
#define __drv_mustHoldPriorityRegion
#endif
#ifndef __drv_neverHoldPriorityRegion
#define __drv_neverHoldPriorityRegion
#endif
#ifndef __nullterminated
#define __nullterminated
#endif
#ifndef __callback
#define __callback
#endif
#ifndef _Kernel_float_saved_
#define _Kernel_float_saved_
#endif
#ifndef _Kernel_float_restored_
#define _Kernel_float_restored_
#endif
#ifndef _Kernel_float_used_
#define _Kernel_float_used_
#endif
#ifndef _Kernel_IoGetDmaAdapter_
#define _Kernel_IoGetDmaAdapter_
#endif
#ifndef _Global_interlock_
#define _Global_interlock_
#endif
#ifndef _Global_cancel_spin_lock_
#define _Global_cancel_spin_lock_
#endif
#ifndef _Global_critical_region_
#define _Global_critical_region_
#endif
#ifndef _Global_priority_region_
#define _Global_priority_region_
#endif
#ifndef _Post_maybenull_
#define _Post_maybenull_
#endif
#ifndef _Enum_is_bitflag_
#define _Enum_is_bitflag_
#endif
#ifndef _Field_z_
#define _Field_z_
#endif
#ifndef _Requires_no_locks_held_
#define _Requires_no_locks_held_
#endif
#ifndef _Interlocked_operand_
#define _Interlocked_operand_
#endif

/* one argument */
#ifndef _IRQL_always_function_max_
#define _IRQL_always_function_max_(a)
#endif
#ifndef _IRQL_always_function_min_
#define _IRQL_always_function_min_(a)
#endif
#ifndef _IRQL_requires_
#define _IRQL_requires_(a)
#endif
#ifndef _IRQL_requires_max_
#define _IRQL_requires_max_(a)
#endif
#ifndef _IRQL_requires_min_
#define _IRQL_requires_min_(a)
#endif
#ifndef _IRQL_raises_
#define _IRQL_raises_(a)
#endif
#ifndef _IRQL_limited_to_
#define _IRQL_limited_to_(a)
#endif
#ifndef _Dispatch_type_
#define _Dispatch_type_(a)
#endif
#ifndef _Kernel_clear_do_init_
#define _Kernel_clear_do_init_(a)
#endif
#ifndef _Kernel_acquires_resource_
#define _Kernel_acquires_resource_(a)
#endif
#ifndef _Kernel_releases_resource_
#define _Kernel_releases_resource_(a)
#endif
#ifndef _Kernel_requires_resource_held_
#define _Kernel_requires_resource_held_(a)
#endif
#ifndef _Kernel_requires_resource_not_held_
#define _Kernel_requires_resource_not_held_(a)
#endif
#ifndef _Frees_ptr_
#define _Frees_ptr_(a)
#endif
#ifndef _Frees_ptr_opt_
#define _Frees_ptr_opt_(a)
#endif
#ifndef __success
#define __success(a)
#endif
#ifndef __drv_minIRQL
#define __drv_minIRQL(a)
#endif
#ifndef __drv_maxFunctionIRQL
#define __drv_maxFunctionIRQL(a)
#endif
#ifndef __drv_minFunctionIRQL
#define __drv_minFunctionIRQL(a)
#endif
#ifndef __drv_setsIRQL
#define __drv_setsIRQL(a)
#endif
#ifndef __drv_clearDoInit
#define __drv_clearDoInit(a)
#endif
#ifndef __drv_functionClass
#define __drv_functionClass(a)
#endif
#ifndef __drv_mustHold
#define __drv_mustHold(a)
#endif
#ifndef __drv_neverHold
#define __drv_neverHold(a)
#endif
#ifndef __drv_acquiresResource
#define __drv_acquiresResource(a)
#endif
#ifndef __drv_releasesResource
#define __drv_releasesResource(a)
#endif
#ifndef __drv_acquiresExclusiveResource
#define __drv_acquiresExclusiveResource(a)
#endif
#ifndef __drv_releasesExclusiveResource
#define __drv_releasesExclusiveResource(a)
#endif
#ifndef __drv_mustHoldGlobal
#define __drv_mustHoldGlobal(a)
#endif
#ifndef __drv_neverHoldGlobal
#define __drv_neverHoldGlobal(a)
#endif
#ifndef __drv_acquiresResourceGlobal
#define __drv_acquiresResourceGlobal(a)
#endif
#ifndef __drv_releasesResourceGlobal
#define __drv_releasesResourceGlobal(a)
#endif
#ifndef __drv_arrayRange
#define __drv_arrayRange(a)
#endif
#ifndef __drv_reportError
#define __drv_reportError(a)
#endif
#ifndef __drv_strictType
#define __drv_strictType(a)
#endif
#ifndef __drv_strictTypeMatch
#define __drv_strictTypeMatch(a)
#endif
#ifndef __drv_typeExpr
#define __drv_typeExpr(a)
#endif
#ifndef __drv_typeBitset
#define __drv_typeBitset(a)
#endif
#ifndef __drv_defined
#define __drv_defined(a)
#endif
#ifndef __drv_declspec
#define __drv_declspec(a)
#endif
#ifndef __drv_valueIs
#define __drv_valueIs(a)
#endif
#ifndef __drv_fun
#define __drv_fun(a)
#endif
#ifndef __drv_ret
#define __drv_ret(a)
#endif
#ifndef __drv_deref
#define __drv_deref(a)
#endif
#ifndef __drv_allocatesMem
#define __drv_allocatesMem(a)
#endif
#ifndef __drv_freesMem
#define __drv_freesMem(a)
#endif
#ifndef __drv_creates
#define __drv_creates(a)
#endif
#ifndef __drv_dispatchType
#define __drv_dispatchType(a)
#endif
#ifndef __drv_group
#define __drv_group(a)
#endif
#ifndef _Flags_arg_
#define _Flags_arg_(a)
#endif
#ifndef __drv_nop
#define __drv_nop(a)
#endif
#ifndef _Function_ignore_lock_checking_
#define _Function_ignore_lock_checking_(a)
#endif
#ifndef _Struct_size_bytes_
#define _Struct_size_bytes_(a)
#endif
#ifndef _Requires_lock_held_
#define _Requires_lock_held_(a)
#endif
#ifndef _Requires_lock_not_held_
#define _Requires_lock_not_held_(a)
#endif
#ifndef _Requires_exclusive_lock_held_
#define _Requires_exclusive_lock_held_(a)
#endif
#ifndef _Requires_shared_lock_held_
#define _Requires_shared_lock_held_(a)
#endif
#ifndef _Acquires_lock_
#define _Acquires_lock_(a)
#endif
#ifndef _Acquires_exclusive_lock_
#define _Acquires_exclusive_lock_(a)
#endif
#ifndef _Acquires_shared_lock_
#define _Acquires_shared_lock_(a)
#endif
#ifndef _Acquires_nonreentrant_lock_
#define _Acquires_nonreentrant_lock_(a)
#endif
#ifndef _Releases_lock_
#define _Releases_lock_(a)
#endif
#ifndef _Releases_exclusive_lock_
#define _Releases_exclusive_lock_(a)
#endif
#ifndef _Releases_shared_lock_
#define _Releases_shared_lock_(a)
#endif
#ifndef _Releases_nonreentrant_lock_
#define _Releases_nonreentrant_lock_(a)
#endif
#ifndef _Acquires_spin_lock_
#define _Acquires_spin_lock_(a)
#endif
#ifndef _Releases_spin_lock_
#define _Releases_spin_lock_(a)
#endif
#ifndef _Requires_spin_lock_held_
#define _Requires_spin_lock_held_(a)
#endif
#ifndef _Function_class_
#define _Function_class_(a)
#endif
#ifndef _Has_lock_level_
#define _Has_lock_level_(a)
#endif
#ifndef _Has_lock_kind_
#define _Has_lock_kind_(a)
#endif
#ifndef _Guarded_by_
#define _Guarded_by_(a)
#endif
#ifndef _Write_guarded_by_
#define _Write_guarded_by_(a)
#endif
#ifndef __field_bcount
#define __field_bcount(a)
#endif
#ifndef __field_ecount
#define __field_ecount(a)
#endif
#ifndef __field_bcount_opt
#define __field_bcount_opt(a)
#endif
#ifndef __field_ecount_opt
#define __field_ecount_opt(a)
#endif
#ifndef __struct_bcount
#define __struct_bcount(a)
#endif
#ifndef __xcount
#define __xcount(a)
#endif
#ifndef __bcount
#define __bcount(a)
#endif
#ifndef __ecount
#define __ecount(a)
#endif
#ifndef __in_data_source
#define __in_data_source(a)
#endif
#ifndef __out_data_source
#define __out_data_source(a)
#endif

/* two arguments */
#ifndef _IRQL_saves_global_
#define _IRQL_saves_global_(a, b)
#endif
#ifndef _IRQL_restores_global_
#define _IRQL_restores_global_(a, b)
#endif
#ifndef _Kernel_acquires_resource_global_
#define _Kernel_acquires_resource_global_(a, b)
#endif
#ifndef _Kernel_releases_resource_global_
#define _Kernel_releases_resource_global_(a, b)
#endif
#ifndef _Kernel_requires_resource_held_global_
#define _Kernel_requires_resource_held_global_(a, b)
#endif
#ifndef _Kernel_requires_resource_not_held_global_
#define _Kernel_requires_resource_not_held_global_(a, b)
#endif
#ifndef __drv_savesIRQLGlobal
#define __drv_savesIRQLGlobal(a, b)
#endif
#ifndef __drv_restoresIRQLGlobal
#define __drv_restoresIRQLGlobal(a, b)
#endif
#ifndef __drv_preferredFunction
#define __drv_preferredFunction(a, b)
#endif
#ifndef __drv_when
#define __drv_when(a, b)
#endif
#ifndef __drv_at
#define __drv_at(a, b)
#endif
#ifndef __drv_arg
#define __drv_arg(a, b)
#endif
#ifndef __field_bcount_part
#define __field_bcount_part(a, b)
#endif
#ifndef __field_ecount_part
#define __field_ecount_part(a, b)
#endif
#ifndef _Post_same_lock_
#define _Post_same_lock_(a, b)
#endif
#ifndef _Lock_level_order_
#define _Lock_level_order_(a, b)
#endif
#ifndef __field_range
#define __field_range(a, b)
#endif
#ifndef __drv_acquiresExclusiveResourceGlobal
#define __drv_acquiresExclusiveResourceGlobal(a, b)
#endif
#ifndef __drv_releasesExclusiveResourceGlobal
#define __drv_releasesExclusiveResourceGlobal(a, b)
#endif

/* three or more */
#ifndef __drv_typeConst
#define __drv_typeConst 0
#endif
#ifndef _Analysis_assume_lock_held_
#define _Analysis_assume_lock_held_(lock)
#endif
#ifndef _Analysis_assume_lock_not_held_
#define _Analysis_assume_lock_not_held_(lock)
#endif
#ifndef __analysis_assume
#define __analysis_assume(e)
#endif
#ifndef _Analysis_assume_
#define _Analysis_assume_(e)
#endif

/* Code segments named for an analyser. */
#ifndef _Analysis_mode_
#define _Analysis_mode_(mode)
#endif

/* An MSVC intrinsic that puts text into the PDB. */
#ifndef __annotation
#define __annotation(...) ((void)0)
#endif
