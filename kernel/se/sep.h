/*
 * se, private: tokens, well-known SIDs, ACL helpers.
 */
#pragma once

#include "se.h"
#include "../ob/ob.h"
#include "../ps/ps.h"

#ifndef POOL_FLAG_NON_PAGED /* until include/ddk has them */
typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_UNINITIALIZED 0x2ull
#define POOL_FLAG_NON_PAGED 0x40ull
#define POOL_FLAG_PAGED 0x100ull
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
#endif

#define SEP_TAG_DESCRIPTOR 'dSeS'
#define SEP_TAG_PRIVILEGES 'rPeS'
#define SEP_TAG_ACL 'lAeS'
#define SEP_TAG_CAPTURE 'cSeS'

#ifndef SE_GROUP_MANDATORY
#define SE_GROUP_MANDATORY 0x1
#define SE_GROUP_ENABLED_BY_DEFAULT 0x2
#define SE_GROUP_ENABLED 0x4
#define SE_GROUP_OWNER 0x8
#define SE_GROUP_USE_FOR_DENY_ONLY 0x10
#define SE_GROUP_INTEGRITY 0x20
#define SE_GROUP_INTEGRITY_ENABLED 0x40
#endif

/* ACE types that the DDK headers lack. [doc MS-DTYP 2.4.4.1] */
#define SEP_ALLOWED_OBJECT_ACE 0x05
#define SEP_DENIED_OBJECT_ACE 0x06
#define SEP_AUDIT_OBJECT_ACE 0x07
#define SEP_ALARM_OBJECT_ACE 0x08
#define SEP_DENIED_CALLBACK_ACE 0x0A
#define SEP_OBJECT_TYPE_PRESENT 0x1
#define SEP_INHERITED_TYPE_PRESENT 0x2

/* Every ACE whose SID follows the mask: allow, deny, audit, alarm, label. */
typedef struct _SEP_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    UCHAR Rest[]; /* the SID; in object ACEs flags, GUIDs, then the SID */
} SEP_ACE, *PSEP_ACE;

#define SEP_MAXIMUM_SID_BYTES (8 + 4 * SID_MAX_SUB_AUTHORITIES)
typedef union _SEP_SID { /* room for any SID */
    SID Sid;
    UCHAR Bytes[SEP_MAXIMUM_SID_BYTES];
} SEP_SID;

/* ---- tokens: NT's layout as far as drivers look; the SIDs follow the structure in the object ---- */
typedef struct _SEP_TOKEN {
    TOKEN_SOURCE Source;
    LUID TokenId;            /* 0x10 */
    LUID AuthenticationId;   /* 0x18 */
    LUID ParentTokenId;      /* 0x20 */
    LARGE_INTEGER Expiration; /* 0x28 */
    PVOID TokenLock;         /* 0x30 */
    LUID ModifiedId;         /* 0x38 */
    ULONG64 Present;         /* 0x40: bit n is the privilege with LUID n */
    ULONG64 Enabled;         /* 0x48 */
    ULONG64 EnabledByDefault; /* 0x50 */
    UCHAR AuditPolicy[0x20]; /* 0x58 */
    ULONG SessionId;         /* 0x78 */
    ULONG UserAndGroupCount; /* 0x7c */
    ULONG RestrictedSidCount; /* 0x80 */
    ULONG VariableLength;
    ULONG DynamicCharged;
    ULONG DynamicAvailable;
    ULONG DefaultOwnerIndex; /* 0x90 */
    PSID_AND_ATTRIBUTES UserAndGroups;   /* 0x98: [0] is the user */
    PSID_AND_ATTRIBUTES RestrictedSids;  /* 0xa0 */
    PSID PrimaryGroup;       /* 0xa8 */
    PVOID DynamicPart;
    PACL DefaultDacl;        /* 0xb8: pool, SEP_TAG_ACL */
    TOKEN_TYPE TokenType;    /* 0xc0 */
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel; /* 0xc4 */
    ULONG TokenFlags;        /* 0xc8: TOKEN_* of ntifs.h */
    BOOLEAN TokenInUse;
    ULONG IntegrityLevelIndex; /* 0xd0: in UserAndGroups; MAXULONG: none */
    ULONG MandatoryPolicy;   /* 0xd4 */
    /* ours from here on */
    BOOLEAN Elevated;
    ULONG ElevationType;     /* 1 default, 2 full, 3 limited */
    SID_AND_ATTRIBUTES Sids[]; /* UserAndGroupCount, then the SIDs themselves */
} SEP_TOKEN, *PSEP_TOKEN;
DD_STATIC_ASSERT_OFFSET(SEP_TOKEN, Present, 0x40);
DD_STATIC_ASSERT_OFFSET(SEP_TOKEN, SessionId, 0x78);
DD_STATIC_ASSERT_OFFSET(SEP_TOKEN, UserAndGroups, 0x98);
DD_STATIC_ASSERT_OFFSET(SEP_TOKEN, TokenType, 0xc0);
DD_STATIC_ASSERT_OFFSET(SEP_TOKEN, MandatoryPolicy, 0xd4);

extern POBJECT_TYPE SepTokenObjectType;

/* ---- wellknown.c: set once by SepInitWellKnown; numbers in the order of its table ---- */
typedef enum _SEP_WELL_KNOWN {
    SepNull, SepWorld, SepLocal, SepConsole, SepCreatorOwner, SepCreatorGroup, SepOwnerRights,
    SepNtAuthority, SepDialup, SepNetwork, SepBatch, SepInteractive, SepService, SepAnonymous,
    SepProxy, SepSelf, SepAuthenticated, SepRestricted, SepIUser, SepSystem, SepLocalService,
    SepNetworkService, SepAdministrators, SepUsers, SepGuests, SepPowerUsers, SepAccountOps,
    SepServerOps, SepPrintOps, SepBackupOps, SepUntrusted, SepLow, SepMedium, SepHigh,
    SepSystemLevel, SepWellKnownCount
} SEP_WELL_KNOWN;
PSID SepWellKnown(SEP_WELL_KNOWN Which);
NTSTATUS SepInitWellKnown(VOID);

/* ---- sid.c ---- */
/* The machine's own domain, S-1-5-21-..., with Rid appended, in Sid. */
VOID SepMachineSid(SEP_SID *Sid, ULONG Rid);

/* ---- acl.c ---- */
#define SepFirstAce(Acl) ((PSEP_ACE)((PACL)(Acl) + 1))
#define SepNextAce(Ace) ((PSEP_ACE)((PUCHAR)(Ace) + (Ace)->Header.AceSize))
BOOLEAN SepIsValidAcl(PACL Acl);
/* The SID of an ACE of any known type, or NULL. */
PSID SepAceSid(PSEP_ACE Ace);
/* Appends a copy of Ace; FALSE when it does not fit. */
BOOLEAN SepAppendAce(PACL Acl, PSEP_ACE Ace);
VOID SepTrimAcl(PACL Acl); /* AclSize: what the ACEs take */
/* Maps the generic rights of each ACE that applies to the object itself. */
VOID SepMapAcl(PACL Acl, PGENERIC_MAPPING Mapping);

/* ---- descriptor.c: parts of a descriptor of either form; NULL when not present ---- */
PSID SepOwner(PSECURITY_DESCRIPTOR Descriptor);
PSID SepGroup(PSECURITY_DESCRIPTOR Descriptor);
PACL SepDacl(PSECURITY_DESCRIPTOR Descriptor);
PACL SepSacl(PSECURITY_DESCRIPTOR Descriptor);
#define SepControl(Descriptor) (((SECURITY_DESCRIPTOR_RELATIVE *)(Descriptor))->Control)
/* A self-relative copy of Absolute from pool, tag SEP_TAG_DESCRIPTOR. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS SepMakeRelative(SECURITY_DESCRIPTOR *Absolute, POOL_TYPE PoolType,
                         PSECURITY_DESCRIPTOR *Result);

/* ---- token.c ---- */
BOOLEAN SepHasPrivilege(PSEP_TOKEN Token, ULONG Privilege); /* enabled */
/* Is Sid the user or an enabled group of Token? Deny: groups for denial only count too. */
BOOLEAN SepTokenHasSid(PSEP_TOKEN Token, PSID Sid, BOOLEAN Deny);
BOOLEAN SepRestrictedHasSid(PSEP_TOKEN Token, PSID Sid);
ULONG SepTokenIntegrity(PSEP_TOKEN Token); /* RID of its mandatory level */
/* TRUE: Sid may own what Token's subject makes. */
BOOLEAN SepMayOwn(PSEP_TOKEN Token, PSID Sid);
NTSTATUS SepInitTokens(VOID);
/* A copy with its own privileges; One reference. */
NTSTATUS SepDuplicateToken(PSEP_TOKEN Token, TOKEN_TYPE Type, SECURITY_IMPERSONATION_LEVEL Level,
                           BOOLEAN EffectiveOnly, PSEP_TOKEN *Result);
LUID SepAllocateLuid(VOID);

/* ---- subject.c ---- */
static inline PSEP_TOKEN SepSubjectToken(PSECURITY_SUBJECT_CONTEXT Subject)
{
    return Subject->ClientToken != NULL ? Subject->ClientToken : Subject->PrimaryToken;
}

/* ---- access.c ---- */
/* The lowest level that may write to an object with this SACL, and its policy (NO_WRITE_UP...). */
ULONG SepObjectLabel(PACL Sacl, PULONG Policy);
