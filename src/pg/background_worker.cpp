// See background_worker.hpp.
#include "pg/background_worker.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {

void connect_background_worker(Datum database) {
    guard([&] {
        pqsignal(SIGTERM, die);
        BackgroundWorkerUnblockSignals();
        BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
        pgstat_report_activity(STATE_RUNNING, "sending notifications");
    });
}

}  // namespace pgqrs::pg
