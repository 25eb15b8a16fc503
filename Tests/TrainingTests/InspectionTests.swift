// What the screen shows of a net against direct computation.

import Autograd
import Experiments
import Foundation
import Layers
import Telemetry
import Tensors
import Testing
import Workers

@testable import Training

@Suite struct InspectionTests {
  /// A small LeNet on glyphs, some steps into its training.
  private func loop(steps: Int = 6, overrides: [String] = []) throws -> TrainingLoop {
    let layers = #"""
      [{"type":"conv2d","name":"conv1","out_channels":4,"kernel_size":5,"padding":2},{"type":"relu"},
       {"type":"max_pool2d","kernel_size":2},
       {"type":"conv2d","name":"conv2","out_channels":6,"kernel_size":3,"stride":2,"padding":1,"groups":2},{"type":"tanh"},
       {"type":"batch_norm2d"},
       {"type":"conv2d","name":"wide","out_channels":16,"kernel_size":3,"padding":[0,1,1,0]},
       {"type":"flatten"},{"type":"linear","name":"fc1","out_features":20},{"type":"relu"},
       {"type":"linear","name":"fc2","out_features":10}]
      """#
    let configuration = try smallConfiguration(threads: 2, overrides: ["model.layers=\(layers)"] + overrides)
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 2))
    for _ in 0..<steps { _ = loop.advance() }
    return loop
  }

  private func index(_ name: String, _ loop: TrainingLoop) throws -> Int {
    try #require(loop.classifier.inspected.firstIndex { $0.layer.name == name })
  }

  /// Every layer that is a plain sum of products, at corners, edges and inside: the shown sum is the engine's number to the
  /// last bit.
  @Test(arguments: ["conv1", "conv2", "wide", "fc1", "fc2"])
  func theArithmeticAddsUpToTheEnginesNumberToTheLastBit(name: String) throws {
    let loop = try loop()
    let index = try index(name, loop)
    let shape = loop.classifier.inspected[index].output.shape
    let (rows, columns) = shape.rank == 3 ? (shape[1], shape[2]) : (1, 1)
    for map in 0..<shape[0] {
      for (row, column) in [(0, 0), (rows - 1, columns - 1), (rows / 2, columns / 3), (0, columns - 1)] {
        var request = PictureRequest(layer: index, probe: 3)
        request.output = OutputPlace(map: map, row: row, column: column)
        let arithmetic = try #require(loop.snapshot(request).arithmetic)
        #expect(arithmetic.sum.bitPattern == arithmetic.output.bitPattern)
        // Each product is in the sum: in double precision it is nearly the same.
        let exact = arithmetic.channels.reduce(Double(arithmetic.bias)) { sum, channel in
          zip(channel.patch.values, channel.kernel.values).prefix(channel.kernel.count)
            .reduce(sum) { $0 + Double($1.0) * Double($1.1) }
        }
        #expect(abs(exact - Double(arithmetic.output)) < 1e-4)
        if let activated = arithmetic.activated {
          let expected = arithmetic.activation == "tanh1" ? tanhf(arithmetic.output) : max(0, arithmetic.output)
          #expect(abs(activated - expected) < 1e-6)
        }
      }
    }
  }

  @Test func aPatchIsWhatTheKernelSeesOfTheInput() throws {
    let loop = try loop()
    var request = PictureRequest(layer: 0, maps: 0..<4, probe: 2)
    request.output = OutputPlace(map: 1, row: 0, column: 27)
    let snapshot = loop.snapshot(request)
    let arithmetic = try #require(snapshot.arithmetic)
    #expect(arithmetic.top == -2 && arithmetic.left == 25)
    let input = loop.classifier.inspection.tensor(of: loop.classifier.inspected[0].input, image: 0)
    for (tap, value) in arithmetic.channels[0].patch.values.enumerated() {
      let (row, column) = (tap / 5 - 2, tap % 5 + 25)
      #expect(value == (row >= 0 && column < 28 ? input.values[row * 28 + column] : 0))
    }
    #expect(arithmetic.output == snapshot.maps?.tiles[1].values[27])
  }

  @Test func aSwitchedOffFilterAnswersNothingAndComesBackToTheLastBit() throws {
    let loop = try loop()
    let before = loop.state()
    var request = PictureRequest(layer: 0, maps: 0..<4, probe: 1)
    let with = loop.snapshot(request)
    request.switchedOff = 2
    let without = loop.snapshot(request)
    #expect(without.maps?.tiles[2].values.allSatisfy { $0 == 0 } == true)
    #expect(with.maps?.tiles[2].values.contains { $0 != 0 } == true && with.maps?.tiles[1] == without.maps?.tiles[1])
    #expect(with.probe.prediction != without.probe.prediction)
    #expect(loop.state() == before)
    // What follows is as if nobody had looked.
    let other = try self.loop()
    #expect(loop.advance() == other.advance() && loop.state() == other.state())
  }

  @Test func aFiltersWorthIsTheAccuracyWithItLessThatWithoutIt() throws {
    let loop = try loop(steps: 12)
    let layer = try index("fc1", loop)
    let worth = try #require(loop.measureWorth(of: 3, in: layer))
    func accuracy(_ off: Bool) -> Double {
      loop.withFilterOff(off ? 3 : nil, in: layer) {
        var report = ClassificationReport(classes: 10, k: 1)
        return loop.evaluate(loop.sampler.validationSource, loop.sampler.validationIndices, into: &report).accuracy
      }
    }
    let n = Double(worth.images)
    #expect(worth.images == loop.sampler.validationIndices.count)
    #expect(abs(accuracy(false) - Double(worth.right) / n) < 1e-9)
    #expect(abs(accuracy(false) - accuracy(true) - worth.accuracy) < 1e-9)
    // McNemar's standard error, written out: the variance of the mean of −1, 0 and 1.
    let example = FilterWorth(layer: 0, filter: 0, step: 1, images: 100, right: 80, lost: 9, gained: 4)
    let mean = 0.05
    let variance = (9 * pow(1 - mean, 2) + 4 * pow(-1 - mean, 2) + 87 * pow(mean, 2)) / 100
    #expect(abs(example.noise - (variance / 100).squareRoot()) < 1e-12 && abs(example.accuracy - mean) < 1e-12)
  }

  @Test func everyQuantityOfAFilterIsWhatItSays() throws {
    let loop = try loop()
    loop.watch([
      {
        var request = PictureRequest(layer: 0, probe: 0)
        request.filters = FilterRequest(places: 0..<4, quantity: .update)
        return request
      }()
    ])
    let weight = loop.classifier.model.parameters[0]
    let before = weight.tensor.values
    _ = loop.advance()
    func numbers(_ quantity: WeightQuantity) throws -> [Float] {
      var request = PictureRequest(layer: 0, probe: 0)
      request.filters = FilterRequest(places: 0..<4, quantity: quantity)
      return try #require(loop.snapshot(request).filters).tiles.flatMap(\.values)
    }
    let start = try self.loop(steps: 0).classifier.model.parameters[0].tensor.values
    #expect(try numbers(.weight) == weight.tensor.values)
    #expect(try numbers(.gradient) == weight.gradientTensor.values)
    #expect(try numbers(.update) == zip(weight.tensor.values, before).map { $0 - $1 })
    #expect(try numbers(.change) == zip(weight.tensor.values, start).map { $0 - $1 })
  }

  /// Measured at step 2, nobody looked at step 3: what step 3 added is not known, and not made up.
  @Test func anUpdateThatNobodyWatchedIsNotShown() throws {
    let loop = try loop(steps: 0)
    while loop.step < 3 { _ = loop.advance() }
    var request = PictureRequest(layer: 0, probe: 0)
    request.filters = FilterRequest(places: 0..<4, quantity: .update)
    #expect(loop.snapshot(request).filters == nil)
  }

  @Test func filtersComeInTheOrderAskedFor() throws {
    let loop = try loop()
    let weight = try #require(loop.classifier.inspected[0].layer.picturedWeight).tensor.values
    let norms = (0..<4).map { f in weight[f * 25..<(f + 1) * 25].reduce(Float(0)) { $0 + $1 * $1 } }
    var request = PictureRequest(layer: 0, probe: 0)
    request.filters = FilterRequest(places: 1..<3, order: .norm)
    let pictures = try #require(loop.snapshot(request).filters)
    #expect(
      pictures.order == (0..<4).sorted { norms[$0] > norms[$1] } && pictures.filters == Array(pictures.order[1..<3]))
    #expect(pictures.tiles[0].values == Array(weight[pictures.order[1] * 25..<(pictures.order[1] + 1) * 25]))
    request.filters = FilterRequest(places: 0..<4, order: .similarity)
    let order = try #require(loop.snapshot(request).filters).order
    #expect(Set(order) == [0, 1, 2, 3] && order[0] == 0)
    func cosine(_ a: Int, _ b: Int) -> Float {
      (0..<25).reduce(Float(0)) { $0 + weight[a * 25 + $1] * weight[b * 25 + $1] } / (norms[a] * norms[b]).squareRoot()
    }
    #expect(order[1] == (1..<4).max { cosine(0, $0) < cosine(0, $1) })
  }

  @Test func theDetailOfAFilterIsItsOwn() throws {
    let loop = try loop(steps: 0)
    loop.watch([PictureRequest(layer: 0, probe: 0)])
    for _ in 0..<40 { _ = loop.advance() }
    var request = PictureRequest(layer: 0, probe: 0)
    request.detail = 2
    let detail = try #require(loop.snapshot(request).detail)
    let weight = loop.classifier.model.parameters[0].tensor.values[50..<75].map(Double.init)
    #expect(abs(detail.figures.norm - weight.reduce(0) { $0 + $1 * $1 }.squareRoot()) < 1e-9)
    #expect(abs(detail.figures.mean - weight.reduce(0, +) / 25) < 1e-9)
    #expect(Double(detail.figures.range.maximum) == weight.max() && detail.figures.zeros == 0)
    #expect(detail.bias == loop.classifier.model.parameters[1].values[2])
    #expect(detail.history.map(\.epoch) == Array(0...loop.epoch - 1))
    #expect(NumberFigures([0, 0, 3, -4]).norm == 5 && NumberFigures([0, 0, 3, -4]).zeros == 0.5)
  }

  @Test func contributionsSumToOneAndFollowTheArithmetic() throws {
    let loop = try loop()
    loop.inspect(loop.validationProbes([0]))
    for name in ["conv1", "conv2", "wide", "fc2"] {
      let layer = try index(name, loop)
      let shares = loop.contributions(to: 1, of: layer)
      #expect(abs(shares.values.reduce(0, +) - 1) < 1e-9)
    }
    #expect(loop.contributions(to: 2, of: try index("relu1", loop)) == [2: 1])
    // Grouped: the first three maps read the first two channels only.
    #expect(Set(loop.contributions(to: 1, of: try index("conv2", loop)).keys) == [0, 1])
    #expect(Set(loop.contributions(to: 4, of: try index("conv2", loop)).keys) == [2, 3])
  }

  @Test func theNetworkShowsTheMostActiveMapsAndTheChosenOne() throws {
    let loop = try loop()
    let layer = try index("wide", loop)
    var request = PictureRequest(layer: layer, probe: 0)
    request.network = NetworkRequest(columns: [.init(layer: layer, maps: 3), .init(layer: 0, maps: 9)], map: 7)
    let columns = try #require(loop.snapshot(request).network).columns
    let values = loop.classifier.inspection.tensor(of: loop.classifier.inspected[layer].output, image: 0).values
    let plane = values.count / 16
    let activity = (0..<16).map { map in values[map * plane..<(map + 1) * plane].reduce(Float(0)) { $0 + abs($1) } }
    let best = (0..<16).sorted { activity[$0] > activity[$1] }.prefix(3)
    #expect(
      columns[0].maps.contains(7) && Set(columns[0].maps).isSuperset(of: best.contains(7) ? best : best.prefix(2)))
    #expect(columns[1].maps == [0, 1, 2, 3])
  }

  @Test func probesAreFoundByClassAndByHowSurelyTheyAreWrong() throws {
    let loop = try loop(steps: 8)
    let labels = loop.sampler.validationIndices.map { Int(loop.sampler.validationSource.labels[Int($0)]) }
    let found = try #require(loop.find(.ofClass(4, after: 10), units: 0))
    #expect(labels[found] == 4 && !labels[11..<max(11, found)].contains(4))
    var confidences: [(probe: Int, confidence: Float)] = []
    for probe in labels.indices {
      var request = PictureRequest(layer: 0, probe: probe)
      request.wantsPrediction = true
      let prediction = try #require(loop.snapshot(request).probe.prediction).values
      let best = try #require(prediction.indices.max { prediction[$0] < prediction[$1] })
      if best != labels[probe] { confidences.append((probe, prediction[best])) }
    }
    confidences.sort { $0.confidence > $1.confidence }
    for rank in 0..<min(3, confidences.count) {
      let probe = try #require(loop.find(.mostWrong(rank: rank), units: 0))
      let own = confidences.first { $0.probe == probe }?.confidence ?? -1
      #expect(abs(own - confidences[rank].confidence) < 1e-5)
    }
  }

  @Test func imagesAreAsTheNetSeesThemAndABatchHasItsLosses() throws {
    let loop = try loop(steps: 2)
    var request = PictureRequest(layer: 0, probe: 0)
    request.images = ImageRequest(source: .training(ofClass: 3), places: 1..<4)
    let class3 = try #require(loop.snapshot(request).images)
    #expect(class3.images.allSatisfy { $0.label == 3 && $0.loss == nil } && class3.total == class3.counts[3])
    let bytes = loop.sampler.trainSource.image(class3.images[0].index)
    let normalization = loop.configuration.dataset.normalization
    let expected = (Float(bytes[300]) / 255 - normalization.mean[0]) / normalization.std[0]
    #expect(abs(class3.images[0].channels[0].values[300] - expected) < 1e-5)
    #expect(class3.counts.reduce(0, +) == loop.sampler.trainCount)
    var sum = 0.0
    for index in loop.sampler.trainIndices {
      let image = loop.sampler.trainSource.image(Int(index))
      for pixel in 0..<784 { sum += Double(image[pixel]) }
    }
    let mean =
      (sum / Double(784 * loop.sampler.trainCount) / 255 - Double(normalization.mean[0])) / Double(normalization.std[0])
    #expect(abs(class3.means[0] - mean) < 1e-4)

    request.images = ImageRequest(source: .batch, places: 0..<100)
    let batch = try #require(loop.snapshot(request).images)
    let size = loop.configuration.training.batchSize
    #expect(Set(batch.images.map(\.index)) == Set(loop.order[size..<2 * size].map(Int.init)))
    let losses = try batch.images.map { try #require($0.loss) }
    #expect(losses == losses.sorted(by: >))
    let executor = try #require(loop.classifier.learning).evaluation
    let whole = loop.withBatch(loop.sampler.trainSource, loop.order, size, size) { executor.run($0)[0] }
    #expect(abs(losses.reduce(0, +) / Double(size) - whole) < 1e-5)
  }

  @Test func normsAreThoseOfTheNumbers() throws {
    let loop = try loop(steps: 0)
    while loop.step < 3 || loop.isValidating { _ = loop.advance() }
    let before = loop.classifier.model.parameters.map(\.tensor.values)
    _ = loop.advance()
    let record = try #require(loop.measured)
    #expect(record.step == 4)
    func value(_ name: String) throws -> Double { try #require(record.values.first { $0.name == name }).value }
    func norm(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    let parameters = loop.classifier.model.parameters
    #expect(
      abs(try value("conv1/weight_norm") - norm(parameters[0].tensor.values + parameters[1].tensor.values)) < 1e-9)
    let gradients = parameters[0].gradientTensor.values + parameters[1].gradientTensor.values
    #expect(abs(try value("conv1/gradient_norm") - norm(gradients)) < 1e-9)
    let updates = (0...1).flatMap { index in
      zip(parameters[index].tensor.values, before[index]).map { $0 - $1 }
    }
    #expect(abs(try value("conv1/update_norm") - norm(updates)) < 1e-9)
    let all = parameters.filter(\.isTrainable).flatMap(\.gradientTensor.values)
    #expect(abs(try value("gradient_norm") - norm(all)) < 1e-9)
    #expect((1...100).filter(MeasureRecord.isDue) == [1, 2, 4, 8, 16, 32, 64, 96])
  }

  @Test func deadUnitsAreZeroForEveryImage() throws {
    // A bias far below zero: every unit of the first layer is dead.
    let overrides = ["model.layers[0].bias_init={\"type\":\"constant\",\"value\":-1000}"]
    let dead = try #require(loop(steps: 0, overrides: overrides).measureDeadUnits())
    #expect(dead.values.first { $0.name == "relu1/dead" }?.value == 1)
    let loop = try loop(steps: 5)
    let record = try #require(loop.measureDeadUnits())
    let layer = try index("relu2", loop)
    var alive: Set<Int> = []
    for probe in 0..<min(256, loop.sampler.validationIndices.count) {
      loop.inspect(loop.validationProbes([probe]))
      let values = loop.classifier.inspection.tensor(of: loop.classifier.inspected[layer].output, image: 0).values
      alive.formUnion(values.indices.filter { values[$0] != 0 })
    }
    #expect(record.values.first { $0.name == "relu2/dead" }?.value == Double(20 - alive.count) / 20)
  }

  @Test func batchNormsShowTheirNumbersAndLayersTheirActivations() throws {
    let loop = try loop()
    let layers = InspectedLayer.summaries(loop.classifier.inspected)
    let norm = try index("batch_norm1", loop)
    #expect(layers[norm].channelNumbers == ["scale", "shift", "running mean", "running variance"])
    let shown = loop.snapshot(PictureRequest(layer: norm, probe: 0)).channels
    let layer = try #require(loop.classifier.inspected[norm].layer as? BatchNorm2d)
    #expect(
      shown[0].values == layer.weight?.tensor.values && shown[3].values == layer.statistics?.variance.tensor.values)
    #expect(
      layers[0].activation == 1 && layers[1].source == 0 && layers[0].source == nil && layers[2].activation == nil)
  }

  /// What the screen calls off is what the training step had off, for the batch's first image.
  @Test(arguments: ["dropout", "dropout2d"]) func dropoutShowsTheUnitsThatAreOff(kind: String) throws {
    let layers = """
      [{"type":"conv2d","out_channels":8,"kernel_size":5},{"type":"\(kind)","p":0.5},{"type":"flatten"},
       {"type":"linear","out_features":10}]
      """
    let configuration = try smallConfiguration(threads: 1, overrides: ["model.layers=\(layers)"])
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    _ = loop.advance()
    var request = PictureRequest(layer: 1, maps: 0..<8, probe: 0)
    let off = try #require(loop.snapshot(request).maps).off
    #expect(off.count == 8 && off.contains { $0.contains(true) } && off.contains { $0.contains(false) })
    // The same step again, with everything kept, says which of its numbers are zero.
    let model = try Sequential(configuration.layers, input: [1, 28, 28], seed: configuration.seed)
    let tape = Tape()
    let recorded = try InspectedLayer.record(model, tape.input(model.input))
    let executor = Executor(tape, capacity: configuration.training.batchSize, pool: WorkerPool(threads: 1))
    let order = loop.sampler.order(epoch: 1)
    _ = loop.withBatch(loop.sampler.trainSource, order, 0, configuration.training.batchSize) {
      executor.run($0, context: StepContext(isTraining: true, seed: configuration.seed, step: 0))
    }
    let values = executor.tensor(of: recorded[1].output, image: 0).values
    let before = executor.tensor(of: recorded[0].output, image: 0).values
    for (index, isOff) in off.flatMap({ $0 }).enumerated() where before[index] != 0 {
      #expect(isOff == (values[index] == 0))
    }
    request.layer = 0
    request.maps = MapRequest(layer: 0, maps: 0..<8)
    #expect(loop.snapshot(request).maps?.off.isEmpty == true)
  }

  @Test func kernelsOfOneTapAreOnePicture() throws {
    let layers =
      #"[{"type":"conv2d","out_channels":20,"kernel_size":3},{"type":"conv2d","name":"one","out_channels":6,"kernel_size":1},{"type":"flatten"},{"type":"linear","out_features":10}]"#
    let configuration = try smallConfiguration(threads: 1, overrides: ["model.layers=\(layers)"])
    let loop = try TrainingLoop(configuration, dataset: configuration.loadDataset(), pool: WorkerPool(threads: 1))
    let geometry = try #require(loop.classifier.inspected[1].filters)
    #expect(geometry.tiles == 1 && geometry.numbersPerTile == 20 && geometry.height * geometry.width >= 20)
    var request = PictureRequest(layer: 1, probe: 0)
    request.output = OutputPlace(map: 2, row: 3, column: 4)
    let arithmetic = try #require(loop.snapshot(request).arithmetic)
    #expect(arithmetic.channels.count == 20 && abs(arithmetic.sum - arithmetic.output) < 1e-5)
  }
}
