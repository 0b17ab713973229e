#include "pg/spi.hpp"

#include "pg/user.hpp"

namespace pgqrs::pg {
namespace {

// Parameters of one run: SPI copies none of it, so it lives in the caller's memory context.
ParamListInfo parameters(std::initializer_list<Value> values) {
    ParamListInfo list = makeParamList(static_cast<int>(values.size()));
    int i = 0;
    for (const Value& value : values) {
        list->params[i++] = {value.datum, value.null, PARAM_FLAG_CONST, value.type};
    }
    return list;
}

// Values as the calls take them that know no ParamListInfo.
struct Spread {
    explicit Spread(std::span<const Value> values) {
        if (values.size() > kMost) {
            elog(ERROR, "statement with more than %d parameters", static_cast<int>(kMost));
        }
        for (const Value& value : values) {
            types[count] = value.type;
            datums[count] = value.datum;
            nulls[count++] = value.null ? 'n' : ' ';
        }
    }
    static constexpr std::size_t kMost = 24;
    Oid types[kMost];
    Datum datums[kMost];
    char nulls[kMost];
    int count = 0;
};

// While it lives, plans come out as a Planning wants them. Without it the planner would take an empty
// table (which a queue often is when it is analysed) for one that stays empty, and scan and sort all
// of it once it is not. It lives while a plan is made and no longer: nothing that runs may see it.
// So it can write to the variables behind the settings, which is much cheaper than to the settings.
class PlanningScope {
public:
    explicit PlanningScope(Planning planning) {
        if (planning != Planning::free) {
            enable_seqscan = enable_bitmapscan = jit_enabled = false;
        }
        if (planning == Planning::index_order) {
            enable_sort = enable_hashjoin = enable_mergejoin = false;
        }
    }
    ~PlanningScope() {
        enable_seqscan = seqscan_;
        enable_bitmapscan = bitmapscan_;
        jit_enabled = jit_;
        enable_sort = sort_;
        enable_hashjoin = hashjoin_;
        enable_mergejoin = mergejoin_;
    }
    PlanningScope(const PlanningScope&) = delete;
    PlanningScope& operator=(const PlanningScope&) = delete;

private:
    const bool seqscan_ = enable_seqscan;
    const bool bitmapscan_ = enable_bitmapscan;
    const bool jit_ = jit_enabled;
    const bool sort_ = enable_sort;
    const bool hashjoin_ = enable_hashjoin;
    const bool mergejoin_ = enable_mergejoin;
};

void require_success(int code) {
    if (code < 0) {
        elog(ERROR, "SPI failed: %s", SPI_result_code_string(code));
    }
}

// Makes names without a schema mean PostgreSQL's own, whatever the caller's search_path: operators and
// functions in statements are such names. Nearly always they do already, for pg_catalog comes first
// unless somebody lists it behind another schema. Answers what leave_own_path() must be given.
int enter_own_path() {
    if (is_another_user()) {
        // Nothing of the caller's may be found.
        const int level = NewGUCNestLevel();
        set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
                          GUC_ACTION_SAVE, true, 0, false);
        return level;
    }
    Oid first = InvalidOid;
    if (fetch_search_path_array(&first, 1) > 0 && first == PG_CATALOG_NAMESPACE) {
        return 0;
    }
    const int level = NewGUCNestLevel();
    // The caller's path stays behind it, for triggers.
    set_config_option("search_path", psprintf("pg_catalog, %s", namespace_search_path), PGC_USERSET,
                      PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    return level;
}

// After an error the end of the (sub)transaction does it.
void leave_own_path(int level) {
    if (level != 0) {
        AtEOXact_GUC(true, level);
    }
}

}  // namespace

void spi_connect() {
    guard([] { require_success(SPI_connect()); });
}

void spi_finish() {
    guard([] { require_success(SPI_finish()); });
}

void run_command(const std::string& sql) {
    guard([&] { require_success(SPI_execute(sql.c_str(), false, 0)); });
}

void Statement::prepare(std::initializer_list<Value> values) {
    if (plan_ == nullptr) {
        Spread all({values.begin(), values.size()});
        const int options = planning_ == Planning::free ? 0 : CURSOR_OPT_GENERIC_PLAN;
        SPIPlanPtr plan = SPI_prepare_cursor(sql_, all.count, all.types, options);
        if (plan == nullptr) {
            require_success(SPI_result);
        }
        require_success(SPI_keepplan(plan));
        plan_ = plan;
    }
    if (planning_ != Planning::free) {
        // Makes the plan anew when it is not valid any more, and locks its tables, so that the run
        // finds it as it is.
        CachedPlan* current = SPI_plan_get_cached_plan(plan_);
        if (current != nullptr) {
            ReleaseCachedPlan(current, CurrentResourceOwner);
        }
    }
}

int Statement::begin(std::initializer_list<Value> values) {
    const int path = guard([] { return enter_own_path(); });
    const PlanningScope scope(planning_);
    guard([&] { prepare(values); });
    return path;
}

Rows Statement::execute(std::initializer_list<Value> values, bool read_only, RowSink* sink) {
    const int path = begin(values);
    guard([&] {
        SPIExecuteOptions options{};
        options.params = parameters(values);
        options.read_only = read_only;
        if (sink != nullptr) {
            options.dest = CreateDestReceiver(DestTuplestore);
            SetTuplestoreDestReceiverParams(options.dest, sink->store(), CurrentMemoryContext,
                                            false, sink->shape(),
                                            "statement and function differ in their columns");
        }
        require_success(SPI_execute_plan_extended(plan_, &options));
        leave_own_path(path);
    });
    return Rows(SPI_tuptable, SPI_processed);
}

Rows Statement::run(std::initializer_list<Value> values) { return execute(values, false, nullptr); }

Rows Statement::look(std::initializer_list<Value> values) { return execute(values, true, nullptr); }

std::uint64_t Statement::run_into(RowSink& sink, std::initializer_list<Value> values) {
    return execute(values, false, &sink).count();
}

std::uint64_t Statement::look_into(RowSink& sink, std::initializer_list<Value> values) {
    return execute(values, true, &sink).count();
}

Rows Statement::look_at(const HeldSnapshot& snapshot, std::initializer_list<Value> values) {
    const int path = begin(values);
    guard([&] {
        Spread all({values.begin(), values.size()});
        require_success(SPI_execute_snapshot(plan_, all.datums, all.nulls, snapshot.get(),
                                             InvalidSnapshot, true, false, 0));
        leave_own_path(path);
    });
    return Rows(SPI_tuptable, SPI_processed);
}

Rows Statement::run_latest(std::initializer_list<Value> values) {
    if (!IsolationUsesXactSnapshot()) {
        return run(values);
    }
    const int path = begin(values);
    guard([&] {
        Spread all({values.begin(), values.size()});
        require_success(SPI_execute_snapshot(plan_, all.datums, all.nulls, GetLatestSnapshot(),
                                             InvalidSnapshot, false, false, 0));
        leave_own_path(path);
    });
    return Rows(SPI_tuptable, SPI_processed);
}

}  // namespace pgqrs::pg
