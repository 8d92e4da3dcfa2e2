namespace MLNet.Dispersion;

/// <summary>Measures perplexity over running text.</summary>
/// <remarks>
/// <para>
/// Word perplexity is exp(-sum of log-likelihoods of all tokens / number of words). Words are stretches without white space, counted in the texts as they are passed:
/// texts that were tokenised or cleaned otherwise count otherwise.
/// </para>
/// <para>
/// Every text stands for itself, behind the tokenizer's beginning-of-sequence token (where it names none, the end-of-sequence token), which is not scored.
/// With windows of W tokens and stride S the first window scores tokens 1..W, and each later one the next S, with as much before them as fits into W; with
/// S = W (default) these are the disjoint rolling windows of the usual harnesses, in which the last window reaches back to be full.
/// </para>
/// </remarks>
public static class WordPerplexity
{
    /// <summary>Measures a model.</summary>
    /// <param name="model">The model, on any device, with its tokenizer. It runs in its own compute type, in evaluation mode and without gradients; if it was training, every module's mode is put back afterwards.</param>
    /// <param name="texts">The texts, enumerated once, for instance whole articles; null counts as empty, and empty ones add nothing. A file read line by line gives each line no context.</param>
    /// <param name="options">How; null for the defaults. Copied.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the texts have no word; or the model names no token that begins or ends a sequence.</exception>
    /// <exception cref="InvalidOperationException">The model's logits hold NaN or infinity.</exception>
    /// <exception cref="ModelFileException">The model's checkpoint has no tokenizer, or a damaged one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>Texts are read as they are needed; of each only four numbers are kept.</remarks>
    public static WordPerplexityResult Measure(PretrainedLanguageModel model, IEnumerable<string?> texts, WordPerplexityOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        model.RequireCausal("Perplexity");
        WordPerplexityOptions settings = (options ?? new WordPerplexityOptions()).Clone();
        settings.ValidateFor(model.Backbone.Info.ContextLength);
        var run = new PerplexityRun(model, settings);
        using var evaluation = new EvaluationMode(model.Backbone);
        return run.Run(texts);
    }
}
