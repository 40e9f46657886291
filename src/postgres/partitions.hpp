#pragma once

#include "connection.hpp"

namespace tollgate::postgres {

// Makes the partitions of usage_events for this month and the next two, where they are missing. A month without its own
// partition goes to the default one: nothing fails, a report is slower.
store_result<void> keep_partitions(connection& db);

}
