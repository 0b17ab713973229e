#include "pg/activity.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {

void show_activity(const std::string& text) {
    const char* shown = text.c_str();
    guard([&] { pgstat_report_activity(STATE_RUNNING, shown); });
}

}  // namespace pgqrs::pg
