/* A number that is the same for two machines whose memory is the same. */
#pragma once

#include <stdint.h>

/*
 * bytes: a multiple of 4096. Pages that hold only zeros add nothing, wherever they lie. fd is the
 * file that ram maps: its holes are skipped, since reading them would fill them.
 */
uint64_t ram_hash(const uint8_t *ram, uint64_t bytes, int fd);
