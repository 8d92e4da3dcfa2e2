using MLNet.Dispersion.Tests.Reference;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.RoundTrips;

/// <summary>Directories of Hugging Face's library, through a fit and back into a directory.</summary>
public sealed class DirectoryRoundTripTests : ReferenceTests
{
    private const string Key = "hf/families";

    // So small that no float32 weight moves: the options ask for a number above 0.
    private const double NoRate = 1e-30;

    [SkippableFact]
    public void Directory_FitOfRateZero_Directory_HoldsTheReferencesFigures() => Each((folder, model, scratch) =>
    {
        using (PretrainedLanguageModel language = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder)))
        {
            Fit(language, model, NoRate);
            language.Save(scratch.File("saved"));
        }

        using var noGradient = no_grad();
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(scratch.File("saved")));
        model.AssertNear("logits", again.Backbone.Logits(model.Forward(again.Backbone, HiddenStateSelection.None).LastHiddenState), model.Mask);
    });

    [SkippableFact]
    public void Directory_Fit_Directory_IsTheModelInMemory() => Each((folder, model, scratch) =>
    {
        using PretrainedLanguageModel language = PretrainedLanguageModel.Load(ModelSource.FromDirectory(folder));
        using var noGradient = no_grad();
        Tensor before = language.Backbone.Logits(model.Forward(language.Backbone, HiddenStateSelection.None).LastHiddenState);
        using (enable_grad())
        {
            Fit(language, model, 1e-3);
        }

        language.Save(scratch.File("saved"));
        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(scratch.File("saved")));
        Tensor Logits(PretrainedLanguageModel of) => of.Backbone.Logits(model.Forward(of.Backbone, HiddenStateSelection.None).LastHiddenState);
        Assert.True(Logits(language).eq(Logits(again)).all().item<bool>(), "the directory gives other logits than the model that was saved into it");
        Assert.False(before.eq(Logits(again)).all().item<bool>(), "the fit changed nothing");
    });

    private static void Fit(PretrainedLanguageModel language, FamilyModel model, double rate)
    {
        int[][] blocks = [.. model.Ids.data<long>().ToArray().Chunk((int)model.Ids.shape[1]).Select(row => row.Take(20).Select(id => (int)id).ToArray())];
        LanguageModelTrainer.Train(language, blocks, new FineTuneOptions { Epochs = 2, MicroBatchSize = 1, LearningRate = rate, WarmupRatio = 0, ValidationFraction = 0, GeometryProbe = null });
    }

    private static void Each(Action<string, FamilyModel, Scratch> compare) => Check(Key, folder =>
    {
        foreach (string name in Directory.EnumerateDirectories(folder.FullPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            folder.Case(name, () =>
            {
                using var scope = NewDisposeScope();
                using var scratch = new Scratch();
                var model = new FamilyModel(folder.FileOf(name));
                if (model.IsCausal)
                {
                    compare(folder.FileOf(name), model, scratch);
                }
            });
        }
    }, error => error is ModelFileException or NotSupportedException);
}
