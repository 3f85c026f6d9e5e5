/*
 * The door of service/base: what every room may use. Base knows nobody above it.
 * Each part has its own header; this one only gathers them.
 */
#ifndef CLINICD_BASE_H
#define CLINICD_BASE_H

#include "base/attributes.h"
#include "base/fault.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/config.h"
#include "base/metrics.h"
#include "base/csv.h"

#endif
