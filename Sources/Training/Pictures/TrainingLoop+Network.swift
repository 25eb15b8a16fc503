// The whole net at once: each layer's most active maps, and where the chosen one comes from.

import Autograd
import Layers
import Telemetry
import Tensors

extension TrainingLoop {
  func networkPictures(_ request: NetworkRequest, _ selected: Int) -> NetworkPictures {
    let columns = request.columns.filter { classifier.inspected.indices.contains($0.layer) }.map { column in
      let output = classifier.inspected[column.layer].output
      let values = classifier.inspection.tensor(of: output, image: 0).values
      let geometry = TileGeometry(mapsOf: output.shape)
      let plane = geometry.numbersPerTile
      var maps = Array(0..<geometry.count)
      if maps.count > column.maps {
        // The most active ones by the mean magnitude; and always the chosen one.
        let activity = maps.map { map in
          values[map * plane..<(map + 1) * plane].reduce(Float(0)) { $0 + abs($1) }
        }
        var kept = Array(maps.sorted { (activity[$0], $1) > (activity[$1], $0) }.prefix(max(1, column.maps)))
        let isChosen = column.layer == selected || isActivation(column.layer, behind: selected)
        if isChosen, maps.indices.contains(request.map), !kept.contains(request.map) {
          kept[kept.count - 1] = request.map
        }
        maps = kept.sorted()
      }
      return NetworkPictures.Column(
        layer: column.layer, maps: maps, tiles: maps.map { geometry.tile(0, of: $0, in: values) },
        range: ValueRange(values))
    }
    return NetworkPictures(columns: columns, contributions: contributions(to: request.map, of: selected))
  }

  private func isActivation(_ index: Int, behind other: Int) -> Bool {
    classifier.inspected[index].layer.isActivation
      && classifier.inspected[index].input.id == classifier.inspected[other].output.id
  }

  /// What each channel that a layer reads contributes to one of its maps: the sum of the magnitudes of what it adds, as a share of all.
  /// A layer that keeps channels apart reads only the one of the same number.
  func contributions(to map: Int, of index: Int) -> [Int: Double] {
    let inspected = classifier.inspected[index]
    let input = classifier.inspection.tensor(of: inspected.input, image: 0)
    var sums: [Int: Double] = [:]
    if let conv = inspected.layer as? Conv2d, conv.paddingMode == .zeros, map >= 0, map < conv.weight.shape[0] {
      let (taps, each) = (Size2d(conv.weight.shape[2], conv.weight.shape[3]), conv.weight.shape[1])
      let first = map / (conv.weight.shape[0] / conv.options.groups) * each
      let (height, width) = (input.shape[1], input.shape[2])
      let output = inspected.output.shape
      for channel in 0..<each {
        var sum = 0.0
        for row in 0..<output[1] {
          for column in 0..<output[2] {
            var added: Float = 0
            for y in 0..<taps.height {
              let atRow = row * conv.options.stride.height - conv.options.padding.top + y * conv.options.dilation.height
              guard atRow >= 0, atRow < height else { continue }
              for x in 0..<taps.width {
                let at =
                  column * conv.options.stride.width - conv.options.padding.left + x * conv.options.dilation.width
                guard at >= 0, at < width else { continue }
                added +=
                  conv.weight.values[((map * each + channel) * taps.height + y) * taps.width + x]
                  * input.values[((first + channel) * height + atRow) * width + at]
              }
            }
            sum += Double(abs(added))
          }
        }
        sums[first + channel] = sum
      }
    } else if let linear = inspected.layer as? Linear, let geometry = inspected.filters, input.shape.rank == 1,
      inspected.output.shape.rank == 1
    {
      // A vector is one map: its units together.
      for tile in 0..<geometry.tiles {
        let numbers = tile * geometry.numbersPerTile..<(tile + 1) * geometry.numbersPerTile
        sums[tile] = (0..<linear.weight.shape[0]).reduce(0.0) { sum, unit in
          let row = linear.weight.values + unit * linear.weight.shape[1]
          return sum + Double(abs(numbers.reduce(Float(0)) { $0 + row[$1] * input.values[$1] }))
        }
      }
    } else if inspected.layer.keepsChannelsApart {
      return [map: 1]
    }
    let total = sums.values.reduce(0, +)
    return total > 0 ? sums.mapValues { $0 / total } : [:]
  }
}
