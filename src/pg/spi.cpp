// See spi.hpp.
#include "pgqrs/pg/spi.hpp"

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

// While it lives, plans come out as index scans in index order. Without it the planner would take
// an empty table (which a queue often is when it is analysed) for one that stays empty, and scan
// and sort all of it once it is not. Written to the variables behind the settings directly: going
// through the settings costs several microseconds, and an error unwinds this object anyway.
class IndexOrderPlanning {
public:
    explicit IndexOrderPlanning(bool on) : on_(on) {
        if (on_) {
            enable_seqscan = enable_bitmapscan = enable_sort = false;
            enable_hashjoin = enable_mergejoin = jit_enabled = false;
        }
    }
    ~IndexOrderPlanning() {
        if (on_) {
            enable_seqscan = seqscan_;
            enable_bitmapscan = bitmapscan_;
            enable_sort = sort_;
            enable_hashjoin = hashjoin_;
            enable_mergejoin = mergejoin_;
            jit_enabled = jit_;
        }
    }
    IndexOrderPlanning(const IndexOrderPlanning&) = delete;
    IndexOrderPlanning& operator=(const IndexOrderPlanning&) = delete;

private:
    const bool on_;
    const bool seqscan_ = enable_seqscan;
    const bool bitmapscan_ = enable_bitmapscan;
    const bool sort_ = enable_sort;
    const bool hashjoin_ = enable_hashjoin;
    const bool mergejoin_ = enable_mergejoin;
    const bool jit_ = jit_enabled;
};

void require_success(int code) {
    if (code < 0) {
        elog(ERROR, "SPI failed: %s", SPI_result_code_string(code));
    }
}

}  // namespace

void spi_connect() {
    guard([] { require_success(SPI_connect()); });
}

void spi_finish() {
    guard([] { require_success(SPI_finish()); });
}

std::uint64_t execute_once(const std::string& sql, std::span<const Value> values) {
    guard([&] {
        Oid types[kMaxValues];
        Datum datums[kMaxValues];
        char nulls[kMaxValues];
        int count = 0;
        for (const Value& value : values) {
            types[count] = value.type;
            datums[count] = value.datum;
            nulls[count++] = value.null ? 'n' : ' ';
        }
        require_success(SPI_execute_with_args(sql.c_str(), count, types, datums, nulls, false, 0));
    });
    return SPI_processed;
}

void Statement::prepare(std::initializer_list<Value> values) {
    if (plan_ != nullptr) {
        return;
    }
    guard([&] {
        Oid types[kMaxValues];
        int count = 0;
        for (const Value& value : values) {
            types[count++] = value.type;
        }
        const int options = planning_ == Planning::index_order ? CURSOR_OPT_GENERIC_PLAN : 0;
        SPIPlanPtr plan = SPI_prepare_cursor(sql_, count, types, options);
        if (plan == nullptr) {
            require_success(SPI_result);
        }
        require_success(SPI_keepplan(plan));
        plan_ = plan;
    });
}

Rows Statement::execute(std::initializer_list<Value> values, bool read_only, RowSink* sink) {
    const IndexOrderPlanning planning(planning_ == Planning::index_order);
    prepare(values);
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

Rows Statement::run_latest(std::initializer_list<Value> values) {
    if (!IsolationUsesXactSnapshot()) {
        return run(values);
    }
    prepare(values);
    guard([&] {
        Datum datums[kMaxValues];
        char nulls[kMaxValues];
        int count = 0;
        for (const Value& value : values) {
            datums[count] = value.datum;
            nulls[count++] = value.null ? 'n' : ' ';
        }
        require_success(SPI_execute_snapshot(plan_, datums, nulls, GetLatestSnapshot(),
                                             InvalidSnapshot, false, false, 0));
    });
    return Rows(SPI_tuptable, SPI_processed);
}

}  // namespace pgqrs::pg
