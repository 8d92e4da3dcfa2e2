namespace MLNet.Dispersion.Models;

/// <summary>The heads of tasks that decoders have in common, one layer each; families differ in what they call that of tokens.</summary>
internal static class DecoderHeads
{
    /// <summary>A matrix without bias on the last token.</summary>
    internal static HeadSpec Sequence { get; } = new() { Task = HeadTask.Sequence, Reading = HeadReading.LastToken, Output = "score", HasBias = false };

    /// <summary>The ends of an answer.</summary>
    internal static HeadSpec Spans { get; } = new() { Task = HeadTask.Spans, Output = "qa_outputs" };

    /// <summary>Classes of texts and of tokens.</summary>
    /// <param name="config">The config.json.</param>
    /// <param name="tokens">The name of the token head: Llama's kin say <c>score</c>.</param>
    internal static IReadOnlyList<HeadSpec> Classes(ConfigReader config, string tokens = "score") =>
    [
        Sequence,
        new HeadSpec { Task = HeadTask.Tokens, Output = tokens, Dropout = config.Probability("classifier_dropout", config.Probability("hidden_dropout", 0.1)) },
    ];

    /// <summary>Classes of texts and of tokens, and spans as Llama has them: that class of Hugging Face's calls the network by another name than its others do.</summary>
    internal static IReadOnlyList<HeadSpec> WithSpansApart(ConfigReader config) => [.. Classes(config), Spans with { Prefix = "transformer." }];

    /// <summary>Classes of texts and of tokens, and spans.</summary>
    internal static IReadOnlyList<HeadSpec> All(ConfigReader config, string tokens = "score") => [.. Classes(config, tokens), Spans];
}
