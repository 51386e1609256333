/*
 * Other drives than C: folders of the host's, read-only, each a broker of its own. A handle of
 * theirs has the drive's place in the table, from 1, in bits 12 to 15, which C:'s handles leave
 * clear.
 */
#include <errno.h>

#include "broker/broker_private.h"

#define DRIVE_SHIFT 12
#define DRIVE_MASK 0xF000ull

_Static_assert(BROKER_MAX_HANDLES < 1u << DRIVE_SHIFT, "a handle's index is below the drive's");
_Static_assert(BROKER_MAX_DRIVES < 16, "and the drive's below the generation");

int broker_add_drive(broker *self, char letter, const char *path)
{
    struct broker_options options = {.volume_path = path,
                                     .boot_time_100ns = self->boot_time_100ns,
                                     .real_times = self->real_times};
    struct broker_drive *drive = &self->drive[self->drive_count];
    int error;

    if (letter < 'A' || letter > 'Z' || letter == 'C')
        return -EINVAL;
    if (broker_drives(self) & 1u << (letter - 'A'))
        return -EEXIST;
    if (self->drive_count == BROKER_MAX_DRIVES)
        return -ENOSPC;
    error = broker_create(&options, &drive->broker);
    if (error != 0)
        return error;
    drive->broker->read_only = true;
    drive->letter = letter;
    self->drive_count++;
    return 0;
}

uint32_t broker_drives(const broker *self)
{
    uint32_t drives = 0;

    for (unsigned i = 0; i < self->drive_count; i++)
        drives |= 1u << (self->drive[i].letter - 'A');
    return drives;
}

/* By the letter, from 1; 0: there is none. */
static unsigned find_letter(const broker *self, uint32_t letter)
{
    for (unsigned i = 0; i < self->drive_count; i++)
        if ((uint32_t)self->drive[i].letter == letter)
            return i + 1;
    return 0;
}

static bool names_drive(const HAL_FILE_REQUEST *request)
{
    return request->operation == HAL_FILE_OPEN || request->operation == HAL_FILE_SPACE;
}

bool broker_drive_execute(broker *self, HAL_FILE_REQUEST *request, const char *path, uint8_t *data,
                          uint64_t virtual_time_100ns)
{
    unsigned drive = names_drive(request) ? find_letter(self, request->drive)
                                          : (request->handle & DRIVE_MASK) >> DRIVE_SHIFT;
    uint64_t handle = request->handle;

    if (drive > self->drive_count)
        drive = 0; /* a handle that nobody has: C: will say so */
    if (drive == 0 && names_drive(request) && request->drive != 0) {
        request->status = NT_STATUS_OBJECT_PATH_NOT_FOUND;
        request->length = 0;
        return true;
    }
    if (drive == 0)
        return false;
    if (!names_drive(request))
        request->handle &= ~DRIVE_MASK;
    request->drive = 0;
    broker_execute(self->drive[drive - 1].broker, request, path, data, virtual_time_100ns);
    request->drive = (uint32_t)self->drive[drive - 1].letter;
    if (request->operation == HAL_FILE_OPEN && request->status == NT_STATUS_SUCCESS)
        request->handle |= (uint64_t)drive << DRIVE_SHIFT;
    else
        request->handle = handle;
    return true;
}
