// How a tape is run: where each number lies in a shard's memory, and in which order the operations go.

import Kernels
import Tensors

/// The memory layout and the order of work for a tape.
///
/// Only what the loss depends on gets gradients; the first operation to reach a gradient assigns it, which saves
/// clearing it, and later ones add.
///
/// # Who may lie where another lies
///
/// A *place* is a piece of a shard's memory. Each value has one of its own, with three exceptions, all only where not all values
/// are kept:
///
/// 1. An operation that works in place writes its output over its input, if it is the input's only reader, the input is not
///    kept, and whoever computed the input does not read it backward. Their gradients share a place likewise.
/// 2. A value that only forward reads makes room for its own gradient.
/// 3. Once the operation that computed a value has run backward, the places of the value, of its gradient and of what the operation
///    saved are given to gradients that are computed later. Where nothing runs backward, once the last reader of a value has
///    run, its place is given to values that are computed later.
///
/// It follows that whenever an operation reads something, the last that was written to its place is what it means to read:
/// forward its inputs; backward its output's gradient, and the inputs and the output where it says that it reads them;
/// after the run what is kept. `firstFault` walks through a step and looks at just that; a debug build does so for
/// each plan that it makes.
struct Plan {
  private(set) var valueOffsets: [Int] = []
  private(set) var gradientOffsets: [Int?] = []
  private(set) var nodes: [PlannedNode] = []
  /// What must be done before any shard, piece by piece.
  private(set) var preparations: [(node: PlannedNode, piece: Int)] = []
  /// Each parameter's per-shard share is cleared at the start of a step.
  private(set) var shareRanges: [Range<Int>] = []
  private(set) var parameters: [ParameterPlan] = []
  private var memory = PlaceList()
  private(set) var scratchLanes = 1
  /// The nodes that the loss's gradient passes through, last first.
  private(set) var backwardNodes: [PlannedNode] = []
  /// What is planned: the tape's operations, some of them reordered.
  let graph: Tape.Graph
  /// Each value's place, named by the first value that lies there.
  private(set) var places: [Int] = []
  /// The places that nobody reads any more once forward is done.
  private var spentPlaces: Set<Int> = []
  /// The places that are read after a run; nil where all are.
  private let keptPlaces: Set<Int>?
  /// The places whose values, and the values whose gradients, make room for others in the course of a run.
  private var givenPlaces: Set<Int> = []
  private var givenGradients: Set<Int> = []

  var lanesPerShardMemory: Int { memory.lanes }

  /// - Parameters:
  ///   - loss: the per-image loss to differentiate; nil for a plan that only runs forward.
  ///   - metrics, kept: the values that are read after a run; `kept` is nil for all. Operations may be reordered, and work in
  ///     place, on the others.
  init(_ tape: Tape, loss: Variable?, metrics: [Variable], kept: [Variable]?) {
    let kept = kept.map { Set(($0 + metrics).map(\.id) + [loss?.id].compactMap(\.self)) }
    graph = kept.map(tape.graph.poolingFirst) ?? tape.graph
    places = Plan.places(graph, kept: kept)
    keptPlaces = kept.map { [places] in Set($0.map { places[$0] }) }
    if let kept { findSpentPlaces(kept: kept) }
    planForward(isAlone: loss == nil)
    preparations = nodes.flatMap { node in (0..<node.operation.preparations).map { (node, $0) } }
    gradientOffsets = graph.values.map { _ in nil }
    if let loss { planBackward(from: loss) }
    assert(
      firstFault(loss: loss, kept: kept ?? []) == nil,
      "a plan that computes with numbers which are gone: \(firstFault(loss: loss, kept: kept ?? []) ?? "")")
  }

  /// Each value's place. An operation that can work in place does so where nobody else reads what it overwrites.
  private static func places(_ graph: Tape.Graph, kept: Set<Int>?) -> [Int] {
    var places = Array(graph.values.indices)
    guard let kept else { return places }
    var readers = graph.values.map { _ in 0 }
    for node in graph.nodes { for input in node.inputs { readers[input] += 1 } }
    for node in graph.nodes where node.operation.worksInPlace {
      let input = node.inputs[0]
      guard readers[input] == 1, !kept.contains(input), let producer = graph.values[input].producer,
        !graph.nodes[producer].operation.readsOutput
      else { continue }
      places[node.output] = places[input]
    }
    return places
  }

  /// Finds the places whose values only forward reads.
  private mutating func findSpentPlaces(kept: Set<Int>) {
    spentPlaces = Set(places)
    func keep(_ value: Int) { spentPlaces.remove(places[value]) }
    kept.forEach(keep)
    for node in graph.nodes {
      if node.operation.readsInput { node.inputs.forEach(keep) }
      if node.operation.readsOutput { keep(node.output) }
    }
  }

  /// Whether a value's numbers are still there after a run: of those that share a place, the last one's are, unless
  /// gradients lie there.
  func holdsValue(_ variable: Variable) -> Bool {
    !graph.replaced.contains(variable.id) && places.lastIndex(of: places[variable.id]) == variable.id
      && gradientOffsets[variable.id] != valueOffsets[variable.id]
      && !givenPlaces.contains(places[variable.id])
  }

  /// Whether its gradient's are: backward, the first one's come last.
  func holdsGradient(_ variable: Variable) -> Bool {
    !graph.replaced.contains(variable.id) && places[variable.id] == variable.id
      && !givenGradients.contains(variable.id)
  }

  /// - Parameter isAlone: whether nothing runs backward after it.
  private mutating func planForward(isAlone: Bool) {
    _ = memory.add(1)  // The image weights.
    valueOffsets = graph.values.map { $0.producer == nil ? memory.add($0.count) : 0 }
    var lastReaders: [Int: Int] = [:]
    for (index, node) in graph.nodes.enumerated() { for input in node.inputs { lastReaders[places[input]] = index } }
    for (index, node) in graph.nodes.enumerated() {
      let place = places[node.output]
      valueOffsets[node.output] =
        place == node.output ? memory.take(graph.values[place].count) : valueOffsets[place]
      let planned = PlannedNode(node, index: index, offsets: valueOffsets)
      planned.saved = memory.take(node.operation.savedLanes)
      planned.gathered = memory.add(vectorCount(2 * (planned.barriers?.gatheredNumbers ?? 0)))
      scratchLanes = max(scratchLanes, node.operation.scratchLanes)
      nodes.append(planned)
      guard isAlone, let keptPlaces else { continue }
      if node.operation.savedLanes > 0 { memory.release(planned.saved) }
      for place in Set(node.inputs.map { places[$0] }).sorted()
      where lastReaders[place] == index && graph.values[place].producer != nil && !keptPlaces.contains(place) {
        giveAway(place)
      }
    }
  }

  private mutating func planBackward(from loss: Variable) {
    // It is written before forward begins.
    gradientOffsets[loss.id] = memory.add(graph.values[loss.id].count)
    var isWritten = graph.values.map { _ in false }
    var plans: [ObjectIdentifier: Int] = [:]
    for index in graph.nodes.indices.reversed() {
      let node = graph.nodes[index]
      let planned = nodes[index]
      guard let outputGradient = gradientOffsets[node.output], graph.values[node.output].needsGradient else { continue }
      planned.outputGradient = outputGradient
      for (position, input) in node.inputs.enumerated() where graph.values[input].needsGradient {
        let offset = gradientOffsets[input] ?? placeForGradient(of: input, node, outputGradient)
        gradientOffsets[input] = offset
        planned.inputGradients[position] = (offset, accumulate: isWritten[input])
        isWritten[input] = true
      }
      let wholeBatch = planned.wholeBatch?.wholeBatchParameter
      for (position, parameter) in node.parameters.enumerated() where parameter.isTrainable {
        let key = ObjectIdentifier(parameter)
        let plan = plans[key] ?? parameters.count
        if plan == parameters.count { parameters.append(ParameterPlan(parameter: parameter)) }
        plans[key] = plan
        if position == wholeBatch {
          parameters[plan].wholeBatch.append(planned)
        } else {
          // It is cleared before forward begins.
          let offset = memory.add(vectorCount(parameter.count))
          planned.parameterGradients[position] = offset
          parameters[plan].shares.append(offset)
          shareRanges.append(offset..<memory.lanes)
        }
      }
      backwardNodes.append(planned)
      release(node, planned, loss)
    }
  }

  /// Gives back what nobody needs once a node has run backward.
  private mutating func release(_ node: Tape.Node, _ planned: PlannedNode, _ loss: Variable) {
    guard let keptPlaces else { return }
    // What the gradient of a whole batch is made of is read after all shards.
    let isReadLater = planned.wholeBatch.map { node.parameters[$0.wholeBatchParameter].isTrainable } ?? false
    if node.operation.savedLanes > 0 && !isReadLater { memory.release(planned.saved) }
    // What lies in the place of an input is that one's.
    guard !node.inputs.contains(where: { places[$0] == places[node.output] }) else { return }
    let sharesPlace = planned.outputGradient == valueOffsets[node.output]
    if !keptPlaces.contains(places[node.output]) && !(isReadLater && sharesPlace) {
      giveAway(places[node.output])
      if sharesPlace { givenGradients.insert(node.output) }
    }
    if !sharesPlace && !isReadLater && node.output != loss.id {
      memory.release(planned.outputGradient)
      givenGradients.insert(node.output)
    }
  }

  private mutating func giveAway(_ place: Int) {
    memory.release(valueOffsets[place])
    givenPlaces.insert(place)
  }

  private mutating func placeForGradient(of input: Int, _ node: Tape.Node, _ outputGradient: Int) -> Int {
    if places[node.output] == places[input] { return outputGradient }
    return spentPlaces.contains(places[input]) ? valueOffsets[input] : memory.take(graph.values[input].count)
  }

  /// Multiply-adds of one image: forward, and with `backward` for each gradient that is wanted.
  func multiplyAdds(backward: Bool) -> Int {
    nodes.reduce(0) { sum, node in
      var passes = 1
      if backward {
        passes += node.inputGradients.count { $0 != nil }
        if node.parameters.first?.isTrainable == true { passes += 1 }
      }
      return sum + passes * node.operation.multiplyAdds
    }
  }

  /// Whether evaluation has no barrier.
  var isUninterrupted: Bool {
    let evaluation = StepContext(isTraining: false)
    return !nodes.contains { $0.barriers?.needsBarrier(evaluation) ?? false }
  }

  /// The order of work: forward, and backward when there is a loss, cut at the barriers.
  ///
  /// - Parameter sharesOutParameters: whether operations of very many parameters get stages of their own.
  func stages(_ context: StepContext, backward: Bool, sharesOutParameters: Bool) -> [Stage] {
    var stages = [Stage()]
    func add(_ work: ShardWork) {
      let isWide = sharesOutParameters && work.nodeAndPass.node.isWide
      if isWide || stages[stages.count - 1].isWide { stages.append(Stage()) }
      stages[stages.count - 1].isWide = isWide
      stages[stages.count - 1].work.append(work)
    }
    func cut(at node: PlannedNode, isBackward: Bool) {
      stages[stages.count - 1].barrier = (node, isBackward)
      stages.append(Stage())
    }
    func hasBarrier(_ node: PlannedNode) -> Bool {
      node.barriers?.needsBarrier(context) ?? false
    }
    for node in nodes {
      if hasBarrier(node) {
        add(.gatherForward(node))
        cut(at: node, isBackward: false)
      }
      if node.operation.beginsForward { add(.beginForward(node)) }
      add(.forward(node))
    }
    for node in backward ? backwardNodes : [] {
      if hasBarrier(node) {
        add(.gatherBackward(node))
        cut(at: node, isBackward: true)
      }
      if node.operation.beginsBackward { add(.beginBackward(node)) }
      add(.backward(node))
    }
    // What comes before and after the operations is done shard by shard.
    if stages[stages.count - 1].isWide { stages.append(Stage()) }
    return stages
  }
}
