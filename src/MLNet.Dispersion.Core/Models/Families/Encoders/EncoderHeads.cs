namespace MLNet.Dispersion.Models;

/// <summary>The heads of tasks that BERT and its kin have in common.</summary>
internal static class EncoderHeads
{
    /// <summary>The ends of an answer.</summary>
    internal static HeadSpec Spans { get; } = new() { Task = HeadTask.Spans, Output = "qa_outputs" };

    /// <summary>The dropout in front of the last layer.</summary>
    internal static double Dropout(ConfigReader config) => config.Probability("classifier_dropout", config.Probability("hidden_dropout_prob", 0.1));

    /// <summary>One layer on the pooler.</summary>
    internal static HeadSpec Pooled(double dropout) => new() { Task = HeadTask.Sequence, Reading = HeadReading.Pooler, Output = "classifier", Dropout = dropout };

    /// <summary>Two layers on the first token, as RoBERTa has them.</summary>
    internal static HeadSpec Dense(double dropout, Activation activation) => new()
    {
        Task = HeadTask.Sequence,
        Reading = HeadReading.FirstToken,
        Layers = [new HeadLayer("classifier.dense") { Activation = activation, Dropout = dropout }],
        Output = "classifier.out_proj",
        Dropout = dropout,
    };

    /// <summary>One layer on each token.</summary>
    internal static HeadSpec Tokens(double dropout) => new() { Task = HeadTask.Tokens, Output = "classifier", Dropout = dropout };

    /// <summary>A dense layer and a norm in front of the token embedding.</summary>
    internal static HeadSpec Masked(string dense, string norm, string output, string? bias, Activation activation, NormSpec spec, int? size = null) => new()
    {
        Task = HeadTask.MaskedTokens,
        Layers = [new HeadLayer(dense) { Activation = activation, Size = size }, new HeadLayer(norm) { Norm = spec }],
        Output = output,
        BiasName = bias,
    };

    /// <summary>RoBERTa's head of masked tokens.</summary>
    internal static HeadSpec LanguageModelHead(NormSpec spec) => Masked("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias", Activation.Gelu, spec);
}
