using System.Text.Json.Nodes;
using Microsoft.ML;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>Model zips that earlier versions saved: they load, say the same of themselves and add the same columns with the same values; saved again, they do so, too.</summary>
public sealed class SavedZipTests
{
    public static TheoryData<string, string> Classifiers() => SavedFiles.Cases("classifier-zips");

    public static TheoryData<string, string> Regressions() => SavedFiles.Cases("regression-zips");

    public static TheoryData<string, string> LanguageModels() => SavedFiles.Cases("language-model-zips");

    public static TheoryData<string, string> Geometries() => SavedFiles.Cases("geometry-zips");

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void Load_Classifier_ScoresAsItDid(string version, string name) => AssertLoads(version, "classifier-zips", name);

    [Theory]
    [MemberData(nameof(Regressions))]
    public void Load_Regression_PredictsAsItDid(string version, string name) => AssertLoads(version, "regression-zips", name);

    [Theory]
    [MemberData(nameof(LanguageModels))]
    public void Load_LanguageModel_AnswersAsItDid(string version, string name) => AssertLoads(version, "language-model-zips", name);

    [Theory]
    [MemberData(nameof(Geometries))]
    public void Load_Geometry_MeasuresAsItDid(string version, string name) => AssertLoads(version, "geometry-zips", name);

    private static void AssertLoads(string version, string kind, string name)
    {
        JsonObject saved = SavedFiles.Case(version, kind, name);
        if ((string?)saved["base name"] is { } known)
        {
            AdapterBases.Register(ModelSource.FromDirectory(Path.Combine(SavedFiles.Folder(version, "pretrained-directories"), (string)saved["base"]!)), known);
        }

        var ml = new MLContext(seed: 2);
        ITransformer model = ml.Model.Load(Path.Combine(SavedFiles.Folder(version, kind), name + ".zip"), out DataViewSchema schema);
        using (model as IDisposable)
        {
            SavedFiles.AssertAnswers(version, kind, name, ZipAnswers.Of(ml, model, schema));
            using var stream = new MemoryStream();
            ml.Model.Save(model, schema, stream);
            ITransformer again = ml.Model.Load(stream, out DataViewSchema schemaAgain);
            using (again as IDisposable)
            {
                SavedFiles.AssertAnswers(version, kind, name, ZipAnswers.Of(ml, again, schemaAgain));
            }
        }
    }
}
