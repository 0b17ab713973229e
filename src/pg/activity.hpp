// What pg_stat_activity shows of this process.
#pragma once

#include <string>

namespace pgqrs::pg {

// Shows the text in the place of the statement, until the next one. May throw.
void show_activity(const std::string& text);

}  // namespace pgqrs::pg
