namespace MLNet.Dispersion.Examples.PaperInMiniature;

/// <summary>One of the paper's observations.</summary>
/// <param name="Text">What was observed.</param>
/// <param name="Published">The published figures.</param>
/// <param name="PublishedWord">What the paper says of them, as a word.</param>
/// <param name="Here">What was found here.</param>
internal sealed record Observation(string Text, string Published, string PublishedWord, Verdict Here);
