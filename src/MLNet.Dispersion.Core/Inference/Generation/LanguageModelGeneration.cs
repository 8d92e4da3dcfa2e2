namespace MLNet.Dispersion;

/// <summary>Writes text with a language model.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// using var model = PretrainedLanguageModel.Load(ModelSource.TinyEnglish);
/// GeneratedText written = model.Generate(["Once upon a time"], new TextGenerationOptions { MaxNewTokens = 40 })[0];
/// Console.WriteLine(written.Text);
/// </code>
/// </example>
public static class LanguageModelGeneration
{
    /// <summary>Writes on behind prompts, side by side, with the keys and values of what was read kept in memory.</summary>
    /// <remarks>
    /// Prompts are encoded as the tokenizer begins texts; an empty one is the token that begins (else ends) texts. Every prompt gives the text that it gives alone,
    /// as far as rounding goes. The model runs in its own compute type, in evaluation mode and without gradients; other threads may use it meanwhile, if it was in evaluation mode.
    /// A backbone of your own, registered with <see cref="BackboneRegistry"/>, reads everything again for each token.
    /// </remarks>
    /// <param name="model">The model; causal.</param>
    /// <param name="prompts">The prompts; null counts as empty.</param>
    /// <param name="options">How; null for the defaults, which write the likeliest 64 tokens at most. Copied.</param>
    /// <param name="progress">Told after each token, on the running thread; null for nobody.</param>
    /// <param name="cancellationToken">Checked before each token.</param>
    /// <returns>One text a prompt, in their order.</returns>
    /// <exception cref="ArgumentException">An option is outside its range, or a prompt fills the model's context; the message names it and the cure.</exception>
    /// <exception cref="ModelFileException">There is no tokenizer, or a damaged one.</exception>
    /// <exception cref="InvalidOperationException">The model's logits hold NaN.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<GeneratedText> Generate(
        this PretrainedLanguageModel model,
        IReadOnlyList<string?> prompts,
        TextGenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        return new TextGenerator(model, options).Run(prompts, progress, cancellationToken);
    }

    /// <summary>Writes on behind one prompt and gives the text out piece by piece, as soon as characters are complete and no stop sequence can take them back.</summary>
    /// <param name="model">The model; causal.</param>
    /// <param name="prompt">The prompt; null counts as empty.</param>
    /// <param name="options">How; null for the defaults. Copied.</param>
    /// <param name="finished">Told the whole text, with the reason of its end, behind the last piece; null (default) for nobody.</param>
    /// <param name="cancellationToken">Checked before each token.</param>
    /// <returns>Pieces of text that make <see cref="GeneratedText.Text"/> of <see cref="Generate"/>; each is written when it is asked for. End the enumeration, or dispose it, to free its memory.</returns>
    /// <exception cref="ArgumentException">As with <see cref="Generate"/>; thrown at once.</exception>
    public static IEnumerable<string> GenerateStreaming(
        this PretrainedLanguageModel model,
        string? prompt,
        TextGenerationOptions? options = null,
        Action<GeneratedText>? finished = null,
        CancellationToken cancellationToken = default) =>
        new TextGenerator(model ?? throw new ArgumentNullException(nameof(model)), options).Stream(prompt, finished, cancellationToken);

    /// <summary>Writes on behind one prompt on a thread of its own and gives the text out piece by piece, as soon as characters are complete and no stop sequence can take them back.</summary>
    /// <remarks>The writing begins with the first piece that is asked for and does not wait for the reader; it ends, and its memory is freed, when the enumeration ends or is disposed.</remarks>
    /// <param name="model">The model; causal.</param>
    /// <param name="prompt">The prompt; null counts as empty.</param>
    /// <param name="options">How; null for the defaults. Copied.</param>
    /// <param name="finished">Told the whole text, with the reason of its end, behind the last piece, on the writing thread; null (default) for nobody.</param>
    /// <param name="cancellationToken">Checked before each token.</param>
    /// <returns>Pieces of text that make <see cref="GeneratedText.Text"/> of <see cref="Generate"/>.</returns>
    /// <exception cref="ArgumentException">As with <see cref="Generate"/>; thrown at once.</exception>
    public static IAsyncEnumerable<string> GenerateStreamingAsync(
        this PretrainedLanguageModel model, string? prompt, TextGenerationOptions? options = null, Action<GeneratedText>? finished = null, CancellationToken cancellationToken = default)
    {
        var generator = new TextGenerator(model ?? throw new ArgumentNullException(nameof(model)), options);
        GeneratingText text = generator.Begin(prompt, 0);
        return BackgroundPieces.Of(cancel => generator.Stream(text, finished, cancel), cancellationToken);
    }
}
