using System.Diagnostics;
using TorchSharp;

namespace MLNet.Dispersion.Examples.PretrainTinyEnglish;

/// <summary>Books in, checkpoint and training card out.</summary>
internal sealed class PretrainingRun(Recipe recipe, string booksFile, string outputDirectory, string? runDirectory)
{
    private const string EndOfText = "<|endoftext|>";
    private const int LogEvery = 25;

    /// <summary>Runs it all; returns the process's exit code.</summary>
    public int Execute(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var corpus = Book.ReadAll(booksFile);
        var training = corpus.Where(book => !Recipe.HeldOut.Contains(book.Id)).ToList();
        var heldOut = corpus.Where(book => Recipe.HeldOut.Contains(book.Id)).ToList();
        Console.WriteLine($"{training.Count} books to train on, {heldOut.Count} held out ({clock.Elapsed.TotalSeconds:0.0} s)");

        var tokenizer = ByteLevelBpeTrainer.Train(training.Select(book => book.Text), Recipe.VocabularySize, [EndOfText], cancellationToken: cancellationToken);
        Console.WriteLine($"vocabulary of {tokenizer.VocabularySize} learned ({clock.Elapsed.TotalSeconds:0.0} s)");
        var blocks = Pack(tokenizer, training);
        var heldOutBlocks = Pack(tokenizer, heldOut);
        Console.WriteLine($"{blocks.Count} training blocks and {heldOutBlocks.Count} held-out blocks of {Recipe.ContextLength} tokens ({clock.Elapsed.TotalSeconds:0.0} s)");

        using PretrainedLanguageModel model = Recipe.Shape.CreateModel("TinyEnglish", tokenizer, recipe.Seed);
        var before = Measurement.Of(model, heldOutBlocks);
        Console.WriteLine($"before: perplexity {before.TokenPerplexity:0.0}");

        var log = new TrainingLog(LogEvery, Recipe.SaveEvery, () => Save(model));
        var result = LanguageModelTrainer.Train(model, blocks, recipe.Options(log, runDirectory, cancellationToken));
        Save(model);
        var after = Measurement.Of(model, heldOutBlocks);
        Console.WriteLine($"after: perplexity {after.TokenPerplexity:0.0}");
        Console.WriteLine(after.Condensation);
        var card = new TrainingCard(recipe, model, result, before, after, training, heldOut, heldOutBlocks.Count);
        File.WriteAllText(Path.Combine(outputDirectory, "..", "TRAINING.md"), card.ToMarkdown());
        return 0;
    }

    private static List<int[]> Pack(TextTokenizer tokenizer, IEnumerable<Book> books) =>
        [.. new TextPacker(Recipe.ContextLength, tokenizer.EosTokenId!.Value).Pack(books.Select(book => tokenizer.Encode(book.Text).Ids))];

    private void Save(PretrainedLanguageModel model) => model.Save(outputDirectory, new ModelSaveOptions { Type = torch.ScalarType.Float16 });
}
