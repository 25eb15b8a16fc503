// The main thread: sleeps until a key, a signal or news from the run, and redraws what changed.

import Dashboard
import Experiments
import Foundation
import Telemetry
import Tensors
import Terminal
import Workers

/// Connects a run and a screen until the person quits.
final class DashboardLoop {
  let lanes: Lanes
  private var source: any RunSource { lanes.source }
  private let pipe: WakePipe
  private let screen: Screen
  private var model: DashboardModel
  private var lastFrame = ContinuousClock.now
  /// When a step at a slow pace was first seen.
  private var lastChange: ContinuousClock.Instant?
  private let others = Locked<[RecordedRun]?>(nil)
  private var isReadingOthers = false
  private var saidOthers = false
  /// Whether the person waits for something to be seen, which is then shown at once.
  private var owesAnswer = true
  /// When something was written last.
  private var lastPortion = ContinuousClock.now
  /// What drawing has cost from one request to the next, and since the last one.
  private var frameCost = Duration.zero
  private var spent = 0.0

  /// Data are redrawn at most ten times a second, and drawing them and holding up the run for them takes so small a part of the time that
  /// training loses less than a hundredth: while a thread lacks its processor, those that share its work wait, too.
  private static let frameInterval = Duration.milliseconds(100)
  private static let costFactor = 250
  /// Something that is done once, such as a search, is not to stop the screen for long.
  private static let longest = Duration.seconds(3)
  /// What training changes in curves and pictures is written in portions of so many bytes at most, one every twentieth of a second at most: lines
  /// may be slow.
  private static let portionBytes = 2_700
  private static let portionInterval = Duration.milliseconds(50)
  /// How long what a step changed can be seen to glow.
  private static let glowSeconds = 0.6

  /// Opens the screen.
  ///
  /// - Parameter folder: where screens are saved: the run's folder, or the current one.
  /// - Throws: `Failure`; the terminal is as before then.
  init(
    _ source: any RunSource, _ configuration: DashboardConfiguration, folder: String = ".",
    access: DashboardModel.Access = .own
  ) throws {
    let pipe = try WakePipe()
    self.pipe = pipe
    do { screen = try Screen(pipe) } catch let error as TerminalError {
      throw Failure(description: error.description, status: .failure)
    }
    lanes = Lanes(source, title: source.description.name, folder: folder, pipe)
    var capabilities = screen.capabilities
    if configuration.theme != .auto { capabilities.isLight = configuration.theme == .light }
    let run = source.description
    var state = DashboardState(probe: min(configuration.probe, run.probes - 1))
    state.charts.smoothing = Double(configuration.smoothing)
    model = DashboardModel(state: state, run: run, status: source.status, capabilities: capabilities, access: access)
  }

  /// Gives the terminal back.
  func close(ignoring ignored: Set<Int32> = []) {
    lanes.close()
    screen.close(ignoring: ignored)
  }

  /// Says something at the foot of the screen.
  func say(_ sentence: String, isError: Bool = true) {
    // What the run has told already comes before it.
    model.take(source.status)
    model.state.say(Message(sentence, isError: isError))
  }

  /// Has the screen know where the run is written, and what a fork of it may have other than it.
  func know(folder: String, settings: [Setting]) {
    lanes.know(folder: folder, settings: settings)
    model.settings = settings
  }

  /// How a person or the world has left the screen.
  enum Ending: Equatable {
    case quit, detached
    /// The terminal is gone.
    case hangup
    case signal(Int32)
  }

  /// Runs until the person leaves or a signal ends it, and gives the terminal back.
  func run(startsPaused: Bool) -> Ending {
    refresh()
    if !startsPaused { source.send(.run) }
    let ending = waitForEnding()
    // When the terminal is gone, that is often said more than once; what is still to be done is not to be cut off.
    close(ignoring: ending == .hangup ? [SIGHUP] : [])
    return ending
  }

  private func waitForEnding() -> Ending {
    while true {
      let isThere = waitForEvent(pipe, milliseconds: timeToNextFrame())
      if !isThere { return .hangup }
      let bytes = pipe.drain()
      // However many have news, one look takes them all.
      if bytes.contains(0) { takeNews() }
      for byte in bytes {
        switch Int32(byte) {
        case 0: break
        case SIGWINCH:
          screen.resize()
          refresh()
        case SIGTSTP:
          screen.suspend()
          refresh()
        case SIGCONT:
          screen.resume()
          refresh()
        case SIGHUP: return .hangup
        case let signal: return .signal(signal)
        }
      }
      while let key = screen.nextKey() {
        model.take(source.status)
        switch model.handle(key, size: screen.size) {
        case .none: break
        case .command(let command): lanes.send(command)
        case .save: save()
        case .detach:
          // What cannot be saved cannot be left to another process.
          guard let complaint = prepareToDetach() else { return .detached }
          say(complaint)
        case .fork(let overrides, let frozen):
          do { lanes.join(try fork(overrides, frozen), &model) } catch { say("\(error)") }
        case .lane(let lane): lanes.show(lane, &model)
        case .quit: return .quit
        }
        refresh()
      }
      if isFrameDue {
        requestPictures()
      } else if isPortionDue {
        if model.glow != glow { draw() } else if screen.isBehind { goOn() }
      }
    }
  }

  /// Makes the run ready for another process, or says why that cannot be, and it goes on here then.
  var prepareToDetach: () -> String? = { "this run is written nowhere, so no other process could go on with it" }

  /// Makes a fork that begins where the shown run stands.
  var fork: (_ overrides: [String], _ frozen: [String]) throws -> Lanes.Newcomer = { _, _ in
    throw Failure(description: "this run is written nowhere, so nothing can be forked from it", status: .output)
  }

  private var interval: Duration {
    let cost = frameCost + .seconds(lanes.cost)
    // A step that people can follow is a frame, and there is time enough for it.
    guard !model.status.pace.isSlow else { return .milliseconds(50) }
    return min(DashboardLoop.longest, max(DashboardLoop.frameInterval, cost * DashboardLoop.costFactor))
  }
  private var isFrameDue: Bool {
    lanes.isAnyUnderWay && !lanes.isWaiting && ContinuousClock.now - lastFrame >= interval && lanes.hasNews
  }

  /// Milliseconds to sleep; nil for as long as nothing happens: an idle screen costs nothing.
  private func timeToNextFrame() -> Int? {
    if screen.isBehind { return milliseconds(DashboardLoop.portionInterval - (ContinuousClock.now - lastPortion)) }
    if model.glow > 0 { return milliseconds(DashboardLoop.portionInterval) }
    guard lanes.isAnyUnderWay && !lanes.isWaiting else { return nil }
    let left = interval - (ContinuousClock.now - lastFrame)
    // If no unit of work has been done meanwhile, it is looked at again soon.
    return left > .zero ? milliseconds(left) : 20
  }

  private func milliseconds(_ duration: Duration) -> Int { max(0, Int((duration.inSeconds * 1000).rounded(.up))) }

  /// The run has a picture ready, or its status has changed.
  private func takeNews() {
    let (before, search) = (model.status.phase, model.state.search)
    draw()
    if !lanes.isWaiting { owesAnswer = false }
    let hasOthers = model.state.charts.showsOthers && !saidOthers && others.withLock { $0 != nil }
    // At rest, the pictures must be of the state that the run has come to.
    if model.status.phase != before || lanes.isBehind || hasOthers || search != model.state.search { requestPictures() }
  }

  /// Draws at once and has the pictures follow.
  private func refresh() {
    owesAnswer = true
    draw()
    requestPictures()
  }

  private func requestPictures() {
    guard let request = Dashboard.request(model, size: screen.size) else {
      // A screen too small for pictures is looked at again when its next frame would be due.
      lastFrame = .now
      return
    }
    compareRuns(request)
    lanes.request(request, comparesPictures: model.state.view == .fork)
  }

  /// Curves of other runs, once somebody asks for them: they are read in the background.
  private func compareRuns(_ request: PictureRequest) {
    guard model.state.charts.showsOthers else { return }
    if let runs = others.withLock({ $0 }) {
      model.others = runs.map { run in
        OtherRun(name: run.name, curves: run.series.curves(for: request))
      }
      if !saidOthers {
        saidOthers = true
        for run in runs {
          let keys = run.differences.isEmpty ? "nothing differs" : run.differences.prefix(4).joined(separator: ", ")
          model.state.say(Message("\(run.name): \(keys)"))
        }
        if runs.isEmpty { model.state.say(Message("there is no other run beside this one's folder")) }
      }
    } else if !isReadingOthers {
      isReadingOthers = true
      let (others, pipe, folder) = (others, pipe, lanes.folder)
      DispatchQueue.global(qos: .utility).async {
        let runs = RecordedRun.beside(folder)
        others.withLock { $0 = runs }
        pipe.wake()
      }
    }
  }

  /// Writes the screen to files beside the run.
  private func save() {
    do {
      let files = try SavedScreen.write(
        Dashboard.render(model, size: screen.size), in: lanes.folder, view: model.state.view,
        isLight: model.capabilities.isLight)
      model.state.say(Message("saved \(files)"))
    } catch {
      model.state.say(Message("the screen cannot be saved: \(error)", isError: true))
    }
  }

  private func draw() {
    let start = ContinuousClock.now
    let began = processorSeconds
    model.take(source.status)
    lanes.update(&model)
    let before = model.snapshot
    model.take(source.snapshot(for: lanes.watcher))
    if model.status.pace.isSlow, let step = model.snapshot?.step, let before, step != before.step { lastChange = start }
    model.glow = glow
    let grid = Dashboard.render(model, size: screen.size)
    // A screen at rest is exact.
    if owesAnswer || !lanes.isAnyUnderWay {
      screen.show(grid)
    } else {
      let isDue = isPortionDue
      // A step that people follow is seen as a whole.
      screen.show(grid, bytes: model.status.pace.isSlow ? .max : isDue ? DashboardLoop.portionBytes : 0)
      if isDue { lastPortion = start }
    }
    spent += processorSeconds - began
    // Redrawing what glows, or on other news, does not put off the next picture.
    guard model.snapshot?.request.number != before?.request.number else { return }
    lastFrame = .now
    (frameCost, spent) = (.seconds(spent), 0)
  }

  /// How much what the last step changed glows by now: in two stages, as each is a frame to be written.
  private var glow: Double {
    guard let lastChange else { return 0 }
    let age = (ContinuousClock.now - lastChange).inSeconds / DashboardLoop.glowSeconds
    return age < 0.5 ? 1 : age < 1 ? 0.5 : 0
  }

  private var isPortionDue: Bool { ContinuousClock.now - lastPortion >= DashboardLoop.portionInterval }

  /// Writes more of the curves and pictures.
  private func goOn() {
    let began = processorSeconds
    lastPortion = .now
    screen.goOn(bytes: DashboardLoop.portionBytes)
    spent += processorSeconds - began
  }

  /// What this thread has computed so far: while it waits for the terminal to take what is written, others can work.
  private var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
