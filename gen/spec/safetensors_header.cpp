#include "spec/safetensors_header.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "spec/quote.hpp"

namespace neuspin::spec {
namespace {

constexpr std::size_t kMostTensors = 65536;
constexpr std::size_t kMostDimensions = 8;

/// {"<tensor>": {"dtype": "F32", "shape": [n, …], "data_offsets": [begin, end]}, "__metadata__": {"key":
/// "text"}}
class HeaderEvents final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderEvents(const std::string& file, Tensors& tensors, Diagnostics& diags)
      : file_(file), tensors_(tensors), diags_(diags) {}

  bool null() override { return unexpected(); }
  bool boolean(bool) override { return unexpected(); }
  bool number_integer(number_integer_t) override { return badNumber(); }  // only negative ones arrive here
  bool number_float(number_float_t, const string_t&) override { return badNumber(); }
  bool binary(binary_t&) override { return unexpected(); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool key(string_t& name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override;

 private:
  enum class In { Start, Table, Tensor, Metadata, Dtype, Shape, ShapeList, Offsets, OffsetList, Text, End };

  [[nodiscard]] bool fail(std::string name, std::string message, std::string hint);
  [[nodiscard]] bool unexpected();
  [[nodiscard]] bool badNumber();
  [[nodiscard]] bool tensorKey(const std::string& field);

  const std::string& file_;
  Tensors& tensors_;
  Diagnostics& diags_;
  In in_ = In::Start;
  std::string name_;  ///< of the tensor being read
  Tensor tensor_;
  std::vector<std::uint64_t> offsets_;
  std::set<std::string> fields_;  ///< keys seen in the object being read
  bool metadata_seen_ = false;
};

bool HeaderEvents::fail(std::string name, std::string message, std::string hint) {
  diags_.error(std::move(name),
               {file_, 0, 0, name_.empty() ? "header" : "header, tensor " + quoteWord(name_)},
               std::move(message), std::move(hint));
  return false;
}

bool HeaderEvents::unexpected() {
  return fail("bad-header", "the header is not of the form that safetensors prescribes",
              "each tensor needs {\"dtype\": text, \"shape\": [integers], \"data_offsets\": [begin, end]}; "
              "save the file anew");
}

bool HeaderEvents::badNumber() {
  if (in_ != In::ShapeList && in_ != In::OffsetList) return unexpected();
  return fail("bad-header",
              fmt::format("a number in '{}' is not an integer from 0 to 2^64 - 1",
                          in_ == In::ShapeList ? "shape" : "data_offsets"),
              "save the file anew");
}

bool HeaderEvents::number_unsigned(number_unsigned_t value) {
  if (in_ == In::OffsetList) {
    if (offsets_.size() == 2) return unexpected();
    offsets_.push_back(value);
    return true;
  }
  if (in_ != In::ShapeList) return unexpected();
  if (tensor_.shape.size() == kMostDimensions) {
    return fail("bad-header", fmt::format("the tensor has more than {} dimensions", kMostDimensions),
                "weights have two dimensions, parameters one");
  }
  tensor_.shape.push_back(value);
  return true;
}

bool HeaderEvents::string(string_t& value) {
  if (in_ == In::Text) {
    in_ = In::Metadata;
    return true;
  }
  if (in_ != In::Dtype) return unexpected();
  tensor_.dtype = value;
  in_ = In::Tensor;
  return true;
}

bool HeaderEvents::start_object(std::size_t) {
  fields_.clear();
  if (in_ == In::Start) {
    in_ = In::Table;
    return true;
  }
  if (in_ != In::Table) return unexpected();
  in_ = name_.empty() ? In::Metadata : In::Tensor;
  tensor_ = {};
  offsets_.clear();
  return true;
}

bool HeaderEvents::tensorKey(const std::string& field) {
  if (!fields_.insert(field).second) {
    return fail("duplicate-key", fmt::format("the key {} stands twice", quoteWord(field)),
                "save the file anew");
  }
  in_ = field == "dtype"          ? In::Dtype
        : field == "shape"        ? In::Shape
        : field == "data_offsets" ? In::Offsets
                                  : In::End;
  return in_ != In::End || unexpected();
}

bool HeaderEvents::key(string_t& name) {
  switch (in_) {
    case In::Table:
      if (name == "__metadata__") {
        if (std::exchange(metadata_seen_, true)) {
          return fail("duplicate-key", "the key '__metadata__' stands twice", "save the file anew");
        }
        name_.clear();
        return true;
      }
      name_ = name;
      if (name.empty()) return fail("bad-header", "a tensor has an empty name", "give every tensor a name");
      if (tensors_.contains(name)) {
        return fail("duplicate-tensor", "the tensor stands twice in the header", "save the file anew");
      }
      if (tensors_.size() == kMostTensors) {
        return fail("bad-header", fmt::format("the file has more than {} tensors", kMostTensors),
                    "check that this is the file you meant");
      }
      return true;
    case In::Tensor:
      return tensorKey(name);
    case In::Metadata:
      in_ = In::Text;
      return true;
    default:
      return unexpected();
  }
}

bool HeaderEvents::end_object() {
  if (in_ == In::Table) {
    in_ = In::End;
    return true;
  }
  if (in_ == In::Tensor) {
    if (fields_.size() != 3 || offsets_.size() != 2) return unexpected();
    tensor_.begin = offsets_[0];
    tensor_.end = offsets_[1];
    tensors_.emplace(std::exchange(name_, {}), std::move(tensor_));
  }
  in_ = In::Table;
  return true;
}

bool HeaderEvents::start_array(std::size_t) {
  if (in_ != In::Shape && in_ != In::Offsets) return unexpected();
  in_ = in_ == In::Shape ? In::ShapeList : In::OffsetList;
  return true;
}

bool HeaderEvents::end_array() {
  in_ = In::Tensor;
  return true;
}

bool HeaderEvents::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
  name_.clear();
  return fail("bad-header", fmt::format("the header is not JSON: error at byte {} of the header", position),
              "the file is damaged or no safetensors file; save it anew");
}

}  // namespace

bool parseTensorHeader(std::string_view json, const std::string& file, Tensors& tensors, Diagnostics& diags) {
  HeaderEvents events(file, tensors, diags);
  return nlohmann::json::sax_parse(json.begin(), json.end(), &events);
}

}  // namespace neuspin::spec
