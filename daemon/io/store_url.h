/* The URL of a store: see base. */
#pragma once
#include "base/store_url.h"
