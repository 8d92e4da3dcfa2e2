namespace MLNet.Dispersion.Serving;

/// <summary>A request to be written, which has an engine to itself.</summary>
/// <param name="Write">Writes.</param>
/// <param name="Cancel">Breaks it off between two tokens.</param>
internal sealed record WritingJob(Func<CancellationToken, IReadOnlyList<GeneratedText>> Write, CancellationToken Cancel);
