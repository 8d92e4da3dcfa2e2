using Microsoft.ML;
using MLNet.Dispersion.Search.Tests.AutoMLStandIn;
using MLNet.Dispersion.Search.Tests.Support;

namespace MLNet.Dispersion.Search.Tests;

/// <summary>The pattern of the package's readme for users of Microsoft.ML.AutoML, compiled against a stand-in of the few types that it touches.</summary>
public sealed class AutoMLPatternTests
{
    [Fact]
    public void Run_TrialSettings_BecomeOptionsAndAResult()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new Row { Text = $"text {i}", Label = "a" }));
        var runner = new DispersionTrialRunner(ml, data, data, options => new StubEstimator(ml, options.LearningRate!.Value), SearchMetric.Of("Value", true, (model, _) => ((StubTransformer)model).Value));

        TrialResult result = runner.Run(new TrialSettings { TrialId = 3, Parameter = new Dictionary<string, object> { ["learning rate"] = 2e-4, ["coefficient"] = 0.3 } });

        Assert.Equal(2e-4, result.Metric);
        Assert.Equal(-2e-4, result.Loss);
        (result.Model as IDisposable)!.Dispose();
    }

    /// <summary>As in the readme: with the real package it implements <c>ITrialRunner</c>, and its parameters come from <c>settings.Parameter</c>.</summary>
    private sealed class DispersionTrialRunner(MLContext ml, IDataView train, IDataView validation, Func<FineTuneOptions, IEstimator<ITransformer>> pipeline, SearchMetric metric) : ITrialRunner
    {
        public TrialResult Run(TrialSettings settings)
        {
            var options = new FineTuneOptions();
            DispersionSearchSpace.Apply(new ParameterSet(settings.Parameter), options);
            ITransformer model = pipeline(options).Fit(train);
            double value = metric.Evaluate(ml, model, validation);
            return new TrialResult { TrialSettings = settings, Model = model, Metric = value, Loss = metric.Maximize ? -value : value };
        }
    }
}
