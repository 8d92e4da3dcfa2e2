using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNet.Dispersion;

/// <summary>What a model's generation_config.json says of how it writes text. Immutable and thread-safe.</summary>
/// <remarks>Generation follows it where <see cref="TextGenerationOptions"/> leave something open. What it asks for and is not done here is refused by name when text is written, not when the model is loaded.</remarks>
public sealed class GenerationConfig
{
    internal const string FileName = "generation_config.json";

    /// <summary>What transformers takes where tokens are drawn and the file names no number.</summary>
    private const int DefaultTopK = 50;

    // Asked for nothing else than what happens anyway: how fast, what is returned, how padding is spelled, or numbers of searches with several beams, which num_beams alone switches on.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "_from_model_config", "transformers_version", "bos_token_id", "pad_token_id", "decoder_start_token_id", "use_cache", "cache_implementation", "cache_config", "return_legacy_cache",
        "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate", "disable_compile", "compile_config", "low_memory", "prefill_chunk_size",
        "length_penalty", "early_stopping", "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold", "assistant_early_exit",
        "assistant_lookbehind", "target_lookbehind", "max_matching_ngram_size", "trust_remote_code",
    };

    // With these values they change nothing.
    private static readonly Dictionary<string, double> Neutral = new(StringComparer.Ordinal)
    {
        ["num_beams"] = 1,
        ["num_beam_groups"] = 1,
        ["num_return_sequences"] = 1,
        ["diversity_penalty"] = 0,
        ["min_length"] = 0,
        ["min_new_tokens"] = 0,
        ["min_p"] = 0,
        ["typical_p"] = 1,
        ["epsilon_cutoff"] = 0,
        ["eta_cutoff"] = 0,
        ["penalty_alpha"] = 0,
        ["encoder_repetition_penalty"] = 1,
        ["no_repeat_ngram_size"] = 0,
        ["encoder_no_repeat_ngram_size"] = 0,
        ["guidance_scale"] = 1,
    };

    private readonly JsonObject _root;

    private GenerationConfig(JsonField file)
    {
        _root = file.ToObject();
        EndTokenIds = file.Find("eos_token_id") switch
        {
            null => null,
            { IsArray: true } list => [.. list.Items().Select(Whole)],
            { } id => [Whole(id)],
        };
        Temperature = file.Find("temperature")?.AsDouble();
        Samples = file.Find("do_sample")?.AsBoolean() ?? false;
        TopK = file.Find("top_k") is { } topK ? Whole(topK) : Samples ? DefaultTopK : null;
        TopP = file.Find("top_p")?.AsDouble();
        RepetitionPenalty = file.Find("repetition_penalty")?.AsDouble();
        MaxNewTokens = file.Find("max_new_tokens") is { } most ? Whole(most) : null;
        MaxLength = file.Find("max_length") is { } length ? Whole(length) : null;
        StopStrings = file.Find("stop_strings") switch
        {
            null => [],
            { IsArray: true } list => [.. list.Items().Select(item => item.AsString())],
            { } text => [text.AsString()],
        };
        Refused = [.. file.Members().Where(IsRefused).Select(field => field.Name)];
    }

    /// <summary>Gets the tokens that end a text; null where the file says nothing of them.</summary>
    public IReadOnlyList<int>? EndTokenIds { get; }

    /// <summary>Gets whether tokens are drawn (<c>do_sample</c>); else the likeliest is taken.</summary>
    public bool Samples { get; }

    /// <summary>Gets what logits are divided by where tokens are drawn; null where the file names none, which is 1.</summary>
    public double? Temperature { get; }

    /// <summary>Gets how many of the likeliest tokens are drawn from; null for all. Where tokens are drawn and the file names none: 50, as transformers.</summary>
    public int? TopK { get; }

    /// <summary>Gets the probability that the tokens to draw from reach together; null for all.</summary>
    public double? TopP { get; }

    /// <summary>Gets what makes tokens rarer that were there already; null for nothing.</summary>
    public double? RepetitionPenalty { get; }

    /// <summary>Gets the most tokens to write; null where the file does not say.</summary>
    public int? MaxNewTokens { get; }

    /// <summary>Gets the most tokens of prompt and text together, which counts where <see cref="MaxNewTokens"/> is not given; null where the file does not say.</summary>
    public int? MaxLength { get; }

    /// <summary>Gets the strings that end a text.</summary>
    public IReadOnlyList<string> StopStrings { get; }

    /// <summary>Gets the fields that ask for what is not done here.</summary>
    public IReadOnlyList<string> Refused { get; }

    /// <summary>Reads the file of a model.</summary>
    /// <param name="source">The model's files.</param>
    /// <returns>Null where there is no such file.</returns>
    /// <exception cref="ModelFileException">The file is damaged, or a value is of the wrong kind or outside its range.</exception>
    public static GenerationConfig? Read(FileSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return JsonField.ReadIfPresent(source, FileName) is { } file ? new GenerationConfig(Checked(file)) : null;
    }

    internal void Save(FileSink sink) => sink.WriteJson(FileName, _root);

    private static JsonField Checked(JsonField file)
    {
        // Some files write -1 for none.
        Require("eos_token_id", value => value >= -1, "of at least 0");
        Require("temperature", value => value >= 0, "at least 0");
        Require("top_k", value => value >= 0, "at least 0");
        Require("top_p", value => value is >= 0 and <= 1, "from 0 to 1");
        Require("repetition_penalty", value => value > 0, "above 0");
        Require("max_new_tokens", value => value >= 1, "at least 1");
        Require("max_length", value => value >= 1, "at least 1");
        return file;

        void Require(string name, Func<double, bool> isGood, string rule)
        {
            foreach (JsonField field in file.Find(name) is { IsArray: true } list ? list.Items() : file.Find(name) is { } one ? [one] : [])
            {
                if (!isGood(field.AsDouble()))
                {
                    throw field.Fail($"it must be a number {rule}");
                }
            }
        }
    }

    private static int Whole(JsonField field) => field.AsDouble() is var value && value == Math.Floor(value) && value <= int.MaxValue
        ? (int)value
        : throw field.Fail("it must be a whole number");

    private static bool IsRefused((string Name, JsonField Value) field) =>
        field.Value.Kind is not (JsonValueKind.Null or JsonValueKind.False)
        && !(field.Value.IsArray && !field.Value.Items().Any())
        && field.Name is not ("eos_token_id" or "do_sample" or "temperature" or "top_k" or "top_p" or "repetition_penalty" or "max_new_tokens" or "max_length" or "stop_strings")
        && !Harmless.Contains(field.Name)
        && !(field.Value.Kind == JsonValueKind.Number && Neutral.TryGetValue(field.Name, out double neutral) && field.Value.AsDouble() == neutral);
}
