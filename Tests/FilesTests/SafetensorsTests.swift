// Safetensors: what is written is read back, and damage is named.

import Foundation
import Interchange
import Tensors
import Testing

@Suite struct SafetensorsTests {
  private let file = Safetensors(
    tensors: [("a.weight", Tensor([2, 1], [1.5, -2])), ("b", Tensor([], [.infinity]))], metadata: ["step": "7"])

  @Test func whatIsWrittenIsReadBack() throws {
    let data = try file.encoded()
    #expect(data.count % 4 == 0)
    let read = try Safetensors(data)
    #expect(read["a.weight"] == Tensor([2, 1], [1.5, -2]))
    #expect(read["b"]?.values == [.infinity])
    #expect(read["c"] == nil)
    #expect(read.metadata == ["step": "7"])
  }

  @Test func theLayoutIsThePublishedOne() throws {
    let data = try Safetensors(tensors: [("x", Tensor([1], [1]))]).encoded()
    let header = #"{"x":{"data_offsets":[0,4],"dtype":"F32","shape":[1]}}"#
    let padding = String(repeating: " ", count: (8 - header.count % 8) % 8)
    let length: [UInt8] = [UInt8(header.count + padding.count), 0, 0, 0, 0, 0, 0, 0]
    #expect(Array(data) == length + Array((header + padding).utf8) + [0, 0, 0x80, 0x3f])
  }

  @Test func damageIsNamed() throws {
    let good = try file.encoded()
    func complaint(_ data: Data) -> String {
      do {
        _ = try Safetensors(data)
        return "no error"
      } catch { return "\(error)" }
    }
    func header(_ json: String, _ body: Int) -> Data {
      var data = Data([UInt8(json.utf8.count), 0, 0, 0, 0, 0, 0, 0])
      data.append(Data(json.utf8))
      return data + Data(repeating: 0, count: body)
    }
    #expect(complaint(Data([1, 2])) == "is only 2 bytes long; a safetensors file has at least 8")
    #expect(complaint(Data(repeating: 255, count: 9)).hasPrefix("announces a header of 18446744073709551615 bytes"))
    #expect(complaint(good.dropLast(4)).hasPrefix("places b of shape 1 at bytes [8, 12]"))
    #expect(complaint(header("[1]", 0)) == "has a header that is not a safetensors header")
    #expect(
      complaint(header(#"{"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, 2))
        == "holds x as F16; only F32 can be read")
    #expect(
      complaint(header(#"{"x":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,4]}}"#, 4))
        .hasPrefix("places x of shape"))
    #expect(
      complaint(header(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[1,-9223372036854775808]}}"#, 4))
        == "places x of shape 1 at bytes [1, -9223372036854775808], which does not fit")
  }
}
