// Lists, row by row.
#include "cli/output/list_writer.hpp"

#include <utility>

#include "pgqrs/client/error.hpp"

namespace pgqrs::cli {
namespace {

// The sample that widths come from ends at one of these.
constexpr std::size_t kSampleRows = 1000;
constexpr std::size_t kSampleBytes = 1024 * 1024;
constexpr std::size_t kChunk = 64 * 1024;

}  // namespace

ListWriter::ListWriter(Output& output, const Stop& stop, Format format, const Style& style,
                       std::vector<Column> columns)
    : output_(output),
      stop_(stop),
      format_(format),
      style_(style),
      sample_{std::move(columns), {}} {}

void ListWriter::add(std::vector<Value> row) {
    if (stop_.requested()) {
        throw Stopped();
    }
    if (format_ == Format::table && !grid_) {
        for (const auto& value : row) {
            sampled_ += value.text.size();
        }
        sample_.rows.push_back(std::move(row));
        ++count_;
        if (sample_.rows.size() >= kSampleRows || sampled_ >= kSampleBytes) {
            begin();
        }
        return;
    }
    if (count_ == 0) {
        begin();
    }
    put(row);
    ++count_;
}

// What comes before the rows, and the rows of the sample.
void ListWriter::begin() {
    switch (format_) {
        case Format::json:
            pending_ += "[";
            break;
        case Format::csv:
            pending_ += csv_header(sample_.columns);
            break;
        case Format::table:
            grid_.emplace(sample_, style_);
            pending_ += grid_->titles();
            for (const auto& row : std::exchange(sample_.rows, {})) {
                put(row);
            }
            break;
    }
}

void ListWriter::put(const std::vector<Value>& row) {
    switch (format_) {
        case Format::json:
            pending_ += (count_ == 0 ? "\n  " : ",\n  ") + json_object(sample_.columns, row);
            break;
        case Format::csv:
            pending_ += csv_line(row);
            break;
        case Format::table:
            pending_ += grid_->line(row);
            break;
    }
    if (pending_.size() >= kChunk) {
        flush();
    }
}

void ListWriter::flush() {
    output_.write(pending_);
    pending_.clear();
}

void ListWriter::finish() {
    if (format_ == Format::table ? !grid_ : count_ == 0) {
        begin();
    }
    if (format_ == Format::json) {
        pending_ += count_ == 0 ? "]\n" : "\n]\n";
    }
    flush();
}

}  // namespace pgqrs::cli
