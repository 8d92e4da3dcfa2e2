using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>Directories that earlier versions saved: models whole and in shards, adapters, classifiers, regressors, tokenizers.</summary>
public sealed class SavedModelTests
{
    public static TheoryData<string, string> Pretrained() => SavedFiles.Cases("pretrained-directories");

    public static TheoryData<string, string> Tokenizers() => SavedFiles.Cases("tokenizers");

    public static TheoryData<string, string> Adapters() => SavedFiles.Cases("adapter-directories");

    public static TheoryData<string, string> Classifiers() => SavedFiles.Cases("classifier-directories");

    public static TheoryData<string, string> Regressors() => SavedFiles.Cases("regressor-directories");

    [Theory]
    [MemberData(nameof(Pretrained))]
    public void Load_PretrainedDirectory_AnswersAsItDid(string version, string name)
    {
        using var model = PretrainedLanguageModel.Load(BackboneOf(version, name));

        SavedFiles.AssertAnswers(version, "pretrained-directories", name, ModelAnswers.Of(model));
    }

    /// <summary>Saved again, the weights are those of before; number type and shards, too, where they are asked for.</summary>
    [Theory]
    [MemberData(nameof(Pretrained))]
    public void Save_LoadedDirectory_LoadsAgain(string version, string name)
    {
        using var copy = SavedFiles.Copy(version, Path.Combine("pretrained-directories", name));
        using (var model = PretrainedLanguageModel.Load(BackboneOf(version, name)))
        {
            model.Save(copy.At());
        }

        using var again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(copy.At()));

        SavedFiles.AssertAnswers(version, "pretrained-directories", name, ModelAnswers.Of(again));
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Load_Tokenizer_EncodesAsItDid(string version, string name) =>
        SavedFiles.AssertAnswers(version, "tokenizers", name, ModelAnswers.Of(TextTokenizer.Load(new DirectorySource(Path.Combine(SavedFiles.Folder(version, "tokenizers"), name)))));

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Load_Adapter_AnswersAsItDid(string version, string name)
    {
        string folder = Path.Combine(SavedFiles.Folder(version, "adapter-directories"), name);
        JsonObject saved = RegisterBase(version, "adapter-directories", name);
        using PretrainedLanguageModel model = (string)saved["way"]! == "LoadAdapter"
            ? PretrainedLanguageModel.Load(BackboneOf(version, (string)saved["base"]!), new ModelLoadOptions { Adapter = new DirectorySource(folder) })
            : PretrainedLanguageModel.Load(ModelSource.FromSource(name, new DirectorySource(folder)));

        SavedFiles.AssertAnswers(version, "adapter-directories", name, ModelAnswers.Of(model));
    }

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void Load_Classifier_ScoresAsItDid(string version, string name)
    {
        RegisterBase(version, "classifier-directories", name);
        using var classifier = TextClassifier.Load(new DirectorySource(Path.Combine(SavedFiles.Folder(version, "classifier-directories"), name)), "cpu");

        SavedFiles.AssertAnswers(version, "classifier-directories", name, ModelAnswers.Of(classifier));
    }

    [Theory]
    [MemberData(nameof(Regressors))]
    public void Load_Regressor_PredictsAsItDid(string version, string name)
    {
        RegisterBase(version, "regressor-directories", name);
        using var regressor = TextRegressor.Load(new DirectorySource(Path.Combine(SavedFiles.Folder(version, "regressor-directories"), name)), "cpu");

        SavedFiles.AssertAnswers(version, "regressor-directories", name, ModelAnswers.Of(regressor));
    }

    private static ModelSource BackboneOf(string version, string name) => ModelSource.FromDirectory(Path.Combine(SavedFiles.Folder(version, "pretrained-directories"), name));

    /// <summary>Makes the base of a case known that holds an adapter alone.</summary>
    private static JsonObject RegisterBase(string version, string kind, string name)
    {
        JsonObject saved = SavedFiles.Case(version, kind, name);
        if ((string?)saved["base name"] is { } known)
        {
            AdapterBases.Register(BackboneOf(version, (string)saved["base"]!), known);
        }

        return saved;
    }
}
