using System.Globalization;
using MLNet.Dispersion.Losses;
using MLNet.Dispersion.Training;

namespace MLNet.Dispersion.Examples.PretrainTinyEnglish;

/// <summary>What TinyEnglish is: the size of the network, its vocabulary, and how it was trained.</summary>
internal sealed record Recipe(int Steps, double Coefficient, int Seed)
{
    public const int VocabularySize = 8192;
    public const int ContextLength = 512;
    public const int BlocksPerStep = 4;
    private const int HiddenSize = 384;
    private const int LayerCount = 5;
    private const int HeadCount = 6;

    /// <summary>Books that training never sees, for the perplexity figures.</summary>
    public static readonly string[] HeldOut = ["pg35", "pg14474"];

    /// <summary>The config.json of the network.</summary>
    public static string Config(int endOfTextId) => string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "architectures": ["GPT2LMHeadModel"],
          "model_type": "gpt2",
          "activation_function": "gelu_new",
          "attn_pdrop": 0.0,
          "embd_pdrop": 0.0,
          "resid_pdrop": 0.0,
          "bos_token_id": {{endOfTextId}},
          "eos_token_id": {{endOfTextId}},
          "initializer_range": 0.02,
          "layer_norm_epsilon": 1e-05,
          "n_positions": {{ContextLength}},
          "n_ctx": {{ContextLength}},
          "n_embd": {{HiddenSize}},
          "n_head": {{HeadCount}},
          "n_layer": {{LayerCount}},
          "tie_word_embeddings": true,
          "vocab_size": {{VocabularySize}}
        }
        """);

    /// <summary>The fine-tuning options of the run, which starts from random weights.</summary>
    public FineTuneOptions Options(IProgress<TrainingProgress> progress, CancellationToken cancellationToken) => new()
    {
        Epochs = 1000,
        MaxSteps = Steps,
        MicroBatchSize = BlocksPerStep,
        LearningRate = 2e-3,
        WarmupRatio = 0.05,
        WeightDecay = 0.1,
        ValidationFraction = 0,
        Precision = Precision.Auto,
        Dispersion = new DispersionOptions { Coefficient = Coefficient },
        Seed = Seed,
        Progress = progress,
        CancellationToken = cancellationToken,
    };
}
